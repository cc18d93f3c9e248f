package bitrix24_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/locale"
	"sheet24/internal/sim/bitrixsim"
)

// TestEveryErrorCode has each code of Bitrix24's system errors: what it is for
// sheet24, and a part of what the user reads in both languages.
func TestEveryErrorCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status         int
		code           string
		kind           sheet24.Kind
		ours           sheet24.Code
		turkish, words string
		pauses         bool
	}{
		{503, "QUERY_LIMIT_EXCEEDED", sheet24.Unavailable, sheet24.CodePortalBusy, "yoğun", "busy", false},
		{429, "OPERATION_TIME_LIMIT", sheet24.Unavailable, sheet24.CodePortalOperating, "kendiliğinden sürer", "goes on by itself", false},
		{503, "OVERLOAD_LIMIT", sheet24.Unavailable, sheet24.CodePortalBlocked, "Portal yöneticinizle görüşün", "administrator", true},
		{401, "NO_AUTH_FOUND", sheet24.Unauthorized, sheet24.CodePortalWebhookInvalid, "Yeni bir gelen webhook", "new inbound webhook", true},
		{401, "expired_token", sheet24.Unauthorized, sheet24.CodePortalReconnect, "yeniden bağlanın", "Connect again", true},
		{403, "insufficient_scope", sheet24.Unauthorized, sheet24.CodePortalScope, "“CRM (crm)” izni yok", "lacks the permission “CRM (crm)”", true},
		{403, "INVALID_CREDENTIALS", sheet24.Unauthorized, sheet24.CodePortalWebhookInvalid, "geçersiz ya da silinmiş", "invalid", true},
		{403, "ACCESS_DENIED", sheet24.Unauthorized, sheet24.CodePortalPlan, "Tarifeyi yükseltin", "Upgrade", true},
		{403, "user_access_error", sheet24.Unauthorized, sheet24.CodePortalUser, "Başka bir kullanıcıyla", "as another user", true},
		{400, "INVALID_REQUEST", sheet24.Invalid, sheet24.CodePortalHTTPS, "https://", "https://", true},
		{405, "ERROR_BATCH_METHOD_NOT_ALLOWED", sheet24.Internal, sheet24.CodeInternal, "Beklenmeyen bir hata", "unexpected", false},
		{400, "ERROR_BATCH_LENGTH_EXCEEDED", sheet24.Internal, sheet24.CodeInternal, "Beklenmeyen bir hata", "unexpected", false},
		{500, "INTERNAL_SERVER_ERROR", sheet24.Unavailable, sheet24.CodePortalUnreachable, "Birazdan yeniden denenir", "tried again", false},
		{500, "ERROR_UNEXPECTED_ANSWER", sheet24.Unavailable, sheet24.CodePortalUnreachable, "Birazdan yeniden denenir", "tried again", false},
		{500, "PORTAL_DELETED", sheet24.NotFound, sheet24.CodePortalDeleted, "silinmiş", "deleted", true},
		{400, "invalid_grant", sheet24.Unauthorized, sheet24.CodePortalReconnect, "yeniden bağlanın", "Connect again", true},
		{401, "invalid_client", sheet24.Unauthorized, sheet24.CodePortalApp, "BITRIX24_CLIENT_ID", "BITRIX24_CLIENT_ID", true},
		{402, "PAYMENT_REQUIRED", sheet24.Unauthorized, sheet24.CodePortalPayment, "yenileyin", "Renew", true},
		{404, "ERROR_METHOD_NOT_FOUND", sheet24.Invalid, sheet24.CodePortalMethod, "yöntemi tanımıyor", "lacks a method", false},
		{400, "CRM_FIELD_ERROR_VALUE_NOT_VALID", sheet24.Invalid, sheet24.CodePortalRefused, "Bitrix24 reddetti: Bölge yanlış", "Bölge yanlış", false},
	} {
		w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{OperatingLimit: 160 * time.Millisecond})
		text := "x"
		if c.ours == sheet24.CodePortalRefused {
			text = "Bölge yanlış"
		}
		w.fail(bitrixsim.Fault{Kind: "error", Status: c.status, Code: c.code, Text: text, Times: 100})
		err := w.ping(t.Context())
		wantCode(t, c.code, err, c.kind, c.ours)
		for lang, says := range map[string]string{"tr": c.turkish, "en": c.words} {
			if s := locale.Error(lang, err); !strings.Contains(s, says) || strings.Contains(s, "%!") {
				t.Errorf("%s: the user reads %q; want %q in it", c.code, s, says)
			}
		}
		if _, pauses := sheet24.PauseFor(err, time.Now()); pauses != c.pauses {
			t.Errorf("%s pauses the portal: %v", c.code, pauses)
		}
	}
}

// TestCommandErrors has the errors that concern one record, not the portal.
func TestCommandErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	id := w.lead("a@x.tr")
	reader := bitrixsim.Webhook{UserID: 5, Secret: "okur", Scopes: []string{"crm"}}
	p, err := w.Connect(t.Context(), w.server.URL+w.sim.AddWebhook(reader))
	w.check(err)
	turn, err := w.Turn(t.Context(), p)
	w.check(err)
	done := turn.Send(t.Context(), sheet24.Request{Writes: []sheet24.ItemWrite{{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"title": "x"}}}}).Written
	wantCode(t, "no right", done[0].Err, sheet24.Invalid, sheet24.CodeRecordAccess)
	if _, pauses := sheet24.PauseFor(done[0].Err, time.Now()); pauses {
		t.Error("one record's refusal pauses the portal")
	}
	done = w.write(
		sheet24.ItemWrite{Entity: sheet24.Leads, ID: 999, Fields: map[string]any{"title": "x"}},
		sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"stageId": "UYDURMA"}},
		sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"title": "yeni"}},
	)
	wantCode(t, "no record", done[0].Err, sheet24.NotFound, sheet24.CodeRecordMissing)
	wantCode(t, "wrong stage", done[1].Err, sheet24.Invalid, sheet24.CodePortalRefused)
	if s := locale.Error("tr", done[1].Err); s != "Bitrix24 reddetti: \"Aşama\" alanı için geçersiz değer" {
		t.Errorf("the user reads %q", s)
	}
	if r, _ := w.sim.Record(1, id); done[2].Err != nil || r.Fields["title"] != "yeni" {
		t.Errorf("the good one of the batch: %v, %v", done[2].Err, r.Fields["title"])
	}
	deal := w.sim.Add(2, map[string]any{"title": "d", "stageId": "NEW"})
	lose := sheet24.ItemWrite{Entity: sheet24.Deals, ID: deal, Fields: map[string]any{"stageId": "LOSE"}}
	if s := locale.Error("tr", w.write(lose)[0].Err); s != "Bitrix24 reddetti: \"Kayıp nedeni\" alanı doldurulmalıdır" {
		t.Errorf("a stage that requires a field: the user reads %q", s)
	}
	lose.Fields["ufCrm_1700000114"] = "pahalı"
	w.wrote(lose)
}

// TestAnswersThatAreNone has what comes when no portal answers as it should.
func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status   int
		body     string
		location string
		code     sheet24.Code
		kind     sheet24.Kind
	}{
		{502, `<html>Bad Gateway</html>`, "", sheet24.CodePortalUnreachable, sheet24.Unavailable},
		{504, ``, "", sheet24.CodePortalUnreachable, sheet24.Unavailable},
		{404, `<html>nothing here</html>`, "", sheet24.CodePortalNotBitrix24, sheet24.Invalid},
		{302, ``, "https://evil.example/", sheet24.CodePortalMoved, sheet24.Unauthorized},
		{301, ``, "/login", sheet24.CodePortalNotBitrix24, sheet24.Invalid},
		{200, `{"result":{"result":["cr`, "", sheet24.CodePortalUnreachable, sheet24.Unavailable},
		{200, `{"result":"not an object","time":{}}`, "", sheet24.CodePortalAnswer, sheet24.Unavailable},
		{200, `{"result":{"result":[],"result_error":[]}}`, "", sheet24.CodePortalAnswer, sheet24.Unavailable},
		{200, `{}`, "", sheet24.CodePortalUnreachable, sheet24.Unavailable},
		{200, `null`, "", sheet24.CodePortalUnreachable, sheet24.Unavailable},
		{400, `{"error":0,"error_description":"Başlık gerekli"}`, "", sheet24.CodePortalRefused, sheet24.Invalid},
		{400, `{"error":"","error_description":""}`, "", sheet24.CodePortalUnreachable, sheet24.Unavailable},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c.location != "" {
				w.Header().Set("Location", c.location)
			}
			w.WriteHeader(c.status)
			w.Write([]byte(c.body))
		}))
		client := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{strings.TrimPrefix(server.URL, "http://")}, Pace: time.Millisecond})
		_, err := client.Connect(t.Context(), server.URL+"/rest/1/cokgizli/")
		server.Close()
		wantCode(t, c.body, err, c.kind, c.code)
		if err != nil && strings.Contains(err.Error(), "cokgizli") {
			t.Errorf("the secret is in the error: %v", err)
		}
	}
	client := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{"127.0.0.1:1"}, Pace: time.Millisecond})
	_, err := client.Connect(t.Context(), "http://127.0.0.1:1/rest/1/cokgizli/")
	wantCode(t, "nobody there", err, sheet24.Unavailable, sheet24.CodePortalUnreachable)
	if err != nil && strings.Contains(err.Error(), "cokgizli") {
		t.Errorf("the secret is in the error: %v", err)
	}
}
