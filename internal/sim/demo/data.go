// Package demo is the world that `sheet24 demo` and `sheet24 simulate` show: a
// Google with the spreadsheet "Satış 2026", a Bitrix24 portal with the same
// leads and contacts, and a page that shows both side by side.
package demo

import (
	"fmt"
	"strings"

	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
)

// Owner is the person whose spreadsheet it is; Colleague has an account too.
var (
	Owner     = googlesim.Account{Email: "ayse@ornek.com.tr", Name: "Ayşe Yılmaz", Domain: "ornek.com.tr"}
	Colleague = googlesim.Account{Email: "mehmet@ornek.com.tr", Name: "Mehmet Kaya", Domain: "ornek.com.tr"}
)

// The tabs of the spreadsheet.
const (
	LeadsGID    = 0 // Google gives the first tab 0
	ContactsGID = 918273645
)

const leads = 200
const contacts = 60

var (
	firstNames = strings.Fields("Ayşe Mehmet Zeynep Mustafa Elif Ahmet Fatma Ali Emine Hüseyin Büşra İbrahim Şule Çağrı Gökçe Ömer Özlem Uğur Ülkü Işıl")
	lastNames  = strings.Fields("Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Koç Kurt Özkan Şimşek Güneş")
	companies  = []string{"Anadolu Tekstil", "Boğaziçi Yazılım", "Çınar Gıda", "Ege Lojistik", "Güneş Enerji", "İzmir Makine", "Marmara Yapı", "Öz Otomotiv", "Şafak Turizm", "Trakya Tarım"}
	notes      = []string{"", "Geri aranacak", "Teklif gönderildi", "", "Fuarda tanıştık", "", "Bütçe onayı bekleniyor"}
	stages     = []string{"NEW", "IN_PROCESS", "NEW", "PROCESSED", "NEW", "IN_PROCESS", "CONVERTED", "JUNK"}
	sources    = []string{"WEB", "CALL", "RECOMMENDATION", "EMAIL", "TRADE_SHOW", "ADVERTISING"}
	types      = []string{"CLIENT", "CLIENT", "PARTNER", "SUPPLIER"}
	plain      = strings.NewReplacer("ç", "c", "ğ", "g", "ı", "i", "ö", "o", "ş", "s", "ü", "u", "i̇", "i")
)

// person makes the nth of a list of people, the same each time.
func person(n int) (first, last, email, phone string) {
	first, last = firstNames[n%len(firstNames)], lastNames[(n*7+n/len(firstNames))%len(lastNames)]
	name := plain.Replace(strings.ToLower(first + "." + last))
	return first, last, fmt.Sprintf("%s%d@ornek.com.tr", name, n+1), fmt.Sprintf("+90 5%02d %03d %02d %02d", 30+n%26, 100+n*13%900, n*7%100, n*11%100)
}

// Fill puts the same people into a portal and into a new spreadsheet, which it
// returns.
func Fill(g *googlesim.Google, p *bitrixsim.Portal) *googlesim.Spreadsheet {
	leadRows := [][]any{{"Ad", "Soyad", "E-posta", "Telefon", "Durum", "Tutar", "Senkronizasyon", "ID", "Kaynak", "Şirket", "Not"}}
	for n := range leads {
		first, last, email, phone := person(n)
		stage, source, company, note := stages[n%len(stages)], sources[n%len(sources)], companies[n*3%len(companies)], notes[n%len(notes)]
		amount := float64(1000 + n*n*37%250000)
		id := p.Add(1, map[string]any{"title": first + " " + last, "name": first, "lastName": last, "stageId": stage, "opportunity": amount,
			"currencyId": "TRY", "sourceId": source, "companyTitle": company, "comments": note, "opened": "Y"}, contact(email, phone)...)
		leadRows = append(leadRows, []any{first, last, email, phone, p.StatusName("STATUS", stage), amount, nil, float64(id), p.StatusName("SOURCE", source), company, note})
	}
	contactRows := [][]any{{"ID", "Ad", "Soyad", "E-posta", "Telefon", "Tür", "Pozisyon", "Senkronizasyon"}}
	for n := range contacts {
		first, last, email, phone := person(leads + n)
		kind := types[n%len(types)]
		id := p.Add(3, map[string]any{"name": first, "lastName": last, "typeId": kind, "post": "Satın alma", "opened": "Y"}, contact(email, phone)...)
		contactRows = append(contactRows, []any{float64(id), first, last, email, phone, p.StatusName("CONTACT_TYPE", kind), "Satın alma"})
	}
	s := &googlesim.Spreadsheet{Title: "Satış 2026", Owner: Owner.Email, Locale: "tr_TR", TimeZone: "Europe/Istanbul", Sheets: []*googlesim.Sheet{
		{GID: LeadsGID, Title: "Leads", Rows: leadRows}, {GID: ContactsGID, Title: "Kişiler", Rows: contactRows}}}
	g.AddSpreadsheet(s)
	g.AddSpreadsheet(&googlesim.Spreadsheet{Title: "Bütçe", Owner: Colleague.Email, Locale: "tr_TR", TimeZone: "Europe/Istanbul",
		Sheets: []*googlesim.Sheet{{Title: "2026", Rows: [][]any{{"Ay", "Tutar"}, {"Ocak", 1200.0}}}}})
	return s
}

func contact(email, phone string) []bitrixsim.Multi {
	return []bitrixsim.Multi{{TypeID: "EMAIL", ValueType: "WORK", Value: email}, {TypeID: "PHONE", ValueType: "MOBILE", Value: phone}}
}
