package googlesim

// translated is a message in a user's language, as Apps Script and Sheets say it
// (ttsukagoshi/mail-merge-for-gmail issue 129 shows one in Japanese). Scopes' addresses
// and names of methods stay as they are.
func translated(language, message string) string {
	if text, ok := translations[language][message]; ok {
		return text
	}
	return message
}

var translations = map[string]map[string]string{
	"tr": {
		errProtected.Error(): "Korumalı bir hücreyi veya nesneyi düzenlemeye çalışıyorsunuz. Düzenlemeniz gerekiyorsa korumayı kaldırması için lütfen e-tablo sahibiyle iletişime geçin.",
		"You do not have permission to call %s. Required permissions: %s%s":               "%s çağırma izniniz yok. Gerekli izinler: %s%s",
		"Specified permissions are not sufficient to call %s. Required permissions: %s%s": "Belirtilen izinler %s çağrısı için yeterli değil. Gerekli izinler: %s%s",
		"Service invoked too many times for one day: urlfetch.":                           "Hizmet bir günde çok fazla kez çağrıldı: urlfetch.",
		"Calling %s is not permitted by your admin or the script's manifest.":             "%s çağrısına yöneticiniz veya komut dosyasının manifesti izin vermiyor.",
		"Address unavailable: %s": "Adres kullanılamıyor: %s",
		"Request failed for %s returned code %d. Truncated server response: %.100s":                             "%s isteği başarısız oldu, %d kodu döndü. Kısaltılmış sunucu yanıtı: %.100s",
		"You do not have permission to access the requested document.":                                          "İstenen dokümana erişim izniniz yok.",
		"This script has too many triggers. Triggers must be deleted from the script before more can be added.": "Bu komut dosyasında çok fazla tetikleyici var. Yenileri eklenmeden önce tetikleyiciler silinmelidir.",
		"Cannot call SpreadsheetApp.getUi() from this context.":                                                 "Bu bağlamdan SpreadsheetApp.getUi() çağrılamaz.",
	},
	"ja": {
		errProtected.Error(): "保護されているセルやオブジェクトを編集しようとしています。編集する必要がある場合は、スプレッドシートのオーナーに連絡して保護を解除してもらってください。",
		"You do not have permission to call %s. Required permissions: %s%s":               "%s を呼び出す権限がありません。必要な権限: %s%s",
		"Specified permissions are not sufficient to call %s. Required permissions: %s%s": "指定された権限では %s を呼び出すことができません。必要な権限: %s%s",
		"Service invoked too many times for one day: urlfetch.":                           "1 日にサービス「urlfetch」を実行した回数が多すぎます。",
		"Calling %s is not permitted by your admin or the script's manifest.":             "%s の呼び出しは、管理者またはスクリプトのマニフェストで許可されていません。",
		"Address unavailable: %s": "使用できないアドレス: %s",
		"Request failed for %s returned code %d. Truncated server response: %.100s":                             "%s のリクエストに失敗しました（エラー: %d）。サーバー応答の一部: %.100s",
		"You do not have permission to access the requested document.":                                          "リクエストされたドキュメントへのアクセス権がありません。",
		"This script has too many triggers. Triggers must be deleted from the script before more can be added.": "このスクリプトのトリガーが多すぎます。追加する前にスクリプトからトリガーを削除してください。",
		"Cannot call SpreadsheetApp.getUi() from this context.":                                                 "このコンテキストから SpreadsheetApp.getUi() を呼び出せません。",
	},
}
