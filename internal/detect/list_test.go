package detect_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// listed is a sheet of a list, with what each of its columns is for.
type listed struct {
	id, source string
	entity     sheet24.Entity
	language   string
	above      [][]any // rows above the header
	columns    []listedColumn
}

type listedColumn struct {
	header   string
	accepted []string // fields; "-" is none
	samples  []string
}

// readList reads the sheets of a folder of testdata. A sheet begins with "[id] entity
// language | where it comes from"; "^" begins rows above the header, their cells parted by
// "|"; each other line is a column: header | accepted fields | samples parted by ";". A
// sample that begins with "@" stands for five of a kind, and no samples for those of the
// first accepted field.
func readList(t testing.TB, folder string) []listed {
	t.Helper()
	var sheets []listed

	err := fs.WalkDir(os.DirFS("testdata"), folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path.Join("testdata", file))
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSpace(line)
			switch {
			case line == "" || line[0] == '#':
			case line[0] == '[':
				head, source, _ := strings.Cut(line, " | ")
				parts := strings.Fields(head)
				sheets = append(sheets, listed{id: strings.Trim(parts[0], "[]"), entity: sheet24.Entity(parts[1]), language: parts[2], source: source})
			case line[0] == '^':
				s := &sheets[len(sheets)-1]
				var row []any
				for _, cell := range strings.Split(strings.TrimSpace(line[1:]), "|") {
					row = append(row, strings.TrimSpace(cell))
				}
				s.above = append(s.above, row)
			default:
				s := &sheets[len(sheets)-1]
				s.columns = append(s.columns, readColumn(line, *s))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sheets
}

func readColumn(line string, s listed) listedColumn {
	parts := strings.SplitN(line, "|", 3)
	c := listedColumn{header: strings.ReplaceAll(strings.TrimSpace(parts[0]), `\n`, "\n")}
	for _, f := range strings.Split(strings.TrimSpace(parts[1]), ",") {
		if n, ok := strings.CutPrefix(f, "UF"); ok { // a user field, by the end of its number
			f = "UF_CRM_1700000" + fmt.Sprintf("%03s", n)
		}
		c.accepted = append(c.accepted, f)
	}
	c.samples = []string{"@" + kindOf[c.accepted[0]]}
	if len(parts) == 3 {
		c.samples = strings.Split(strings.TrimSpace(parts[2]), ";")
	}
	var all []string
	for _, sample := range c.samples {
		sample = strings.TrimSpace(sample)
		if kind, ok := strings.CutPrefix(sample, "@"); ok && (kind == "" || values[kind] != nil) {
			all = append(all, drawn(kind, s.language, s.id+c.header)...)
		} else {
			all = append(all, sample)
		}
	}
	c.samples = all
	return c
}

// kindOf are the kinds of samples that fields have when a list gives none.
var kindOf = map[string]string{
	"EMAIL": "email", "EMAIL_WORK": "email", "EMAIL_HOME": "email", "EMAIL_OTHER": "email", "PHONE": "phone", "PHONE_WORK": "phone", "PHONE_HOME": "phone",
	"PHONE_MOBILE": "mobile", "PHONE_FAX": "phone", "PHONE_OTHER": "phone", "WEB": "url", "NAME": "first", "LAST_NAME": "last", "SECOND_NAME": "middle",
	"COMPANY_TITLE": "company", "COMPANY_ID": "company", "CONTACT_ID": "full", "POST": "post", "COMMENTS": "note", "BIRTHDATE": "birth", "OPPORTUNITY": "money",
	"TAX_VALUE": "money", "REVENUE": "money", "PROBABILITY": "percent", "CURRENCY_ID": "currency", "SOURCE_ID": "source", "STATUS_ID": "stage", "STAGE_ID": "stage",
	"ASSIGNED_BY_ID": "user", "ADDRESS": "street", "ADDRESS_CITY": "city", "ADDRESS_COUNTRY": "country", "ADDRESS_POSTAL_CODE": "zip", "ADDRESS_PROVINCE": "province",
	"ADDRESS_REGION": "district", "BEGINDATE": "date", "CLOSEDATE": "date", "UF_CRM_1700000104": "date", "UF_CRM_1700000109": "street", "UF_CRM_1700000105": "datetime",
	"UF_CRM_1700000112": "count", "HONORIFIC": "honorific", "TYPE_ID": "type", "INDUSTRY": "industry", "EMPLOYEES": "count", "TITLE": "company",
}

// values are samples by kind and language; "" where they are the same in all.
var values = map[string]map[string]string{
	"email":     {"": "ayse.y@ornek.com.tr;info@example.com;j.smith@example.org;ivan@example.ru;satis@firma.example;k.demir@ornek.net"},
	"phone":     {"tr": "0212 444 11 22;+90 216 555 33 44;0232 123 45 67;(0312) 222 11 33;02124441122", "en": "+44 20 7946 0018;(415) 555-0134;020 7946 0100;+1 212 555 0199", "ru": "+7 495 123-45-67;8 (812) 222-33-44;84951234567;+7 (343) 111-22-33"},
	"mobile":    {"tr": "0532 111 22 33;+90 533 222 33 44;05441234567;5551234567;0 (542) 333 44 55", "en": "+44 7700 900123;(415) 555-0188;07700 900456;+1 917 555 0122", "ru": "+7 916 123-45-67;8 903 222 33 44;89261234567;+7 (921) 111-22-33"},
	"first":     {"tr": "Ayşe;Mehmet;Zeynep;Emre;Fatma", "en": "John;Emily;Oliver;Sarah;David", "ru": "Иван;Ольга;Сергей;Анна;Дмитрий"},
	"middle":    {"tr": "Nur;Can;Ali", "en": "James;Ann;Lee", "ru": "Иванович;Петровна;Сергеевич"},
	"last":      {"tr": "Yılmaz;Kaya;Demir;Çelik;Öztürk", "en": "Smith;Johnson;Brown;Taylor;Wilson", "ru": "Иванов;Петрова;Сидоров;Кузнецова;Смирнов"},
	"full":      {"tr": "Ayşe Yılmaz;Mehmet Kaya;Zeynep Nur Demir;Emre Çelik;Fatma Öztürk", "en": "John Smith;Emily Johnson;Oliver Brown;Sarah Taylor;David Wilson", "ru": "Иванов Иван;Петрова Ольга Сергеевна;Сергей Сидоров;Анна Кузнецова"},
	"company":   {"tr": "Yıldız Tekstil Ltd. Şti.;ABC Makina A.Ş.;Deniz Gıda San. Tic.;Kuzey Yazılım;Marmara Lojistik A.Ş.", "en": "Acme Ltd;Northwind Traders Inc.;Globex Corporation;Initech LLC;Blue Ocean Foods", "ru": "ООО «Ромашка»;АО «Вектор»;ИП Иванов И.И.;ООО Север Трейд"},
	"user":      {"": "Ayşe Yılmaz;Mehmet Kaya;Zeynep Demir;Ayşe Yılmaz"},
	"post":      {"tr": "Satın Alma Müdürü;Genel Müdür;Mühendis;Uzman", "en": "Sales Manager;CEO;Engineer;Buyer", "ru": "Директор;Менеджер;Главный инженер"},
	"note":      {"tr": "geri aranacak;fiyat istedi, katalog gönderildi;ilgilenmiyor", "en": "call back next week;asked for a brochure;not interested", "ru": "перезвонить;ждёт КП;не интересно"},
	"birth":     {"tr": "12.05.1985;01.11.1990;23.08.1978", "en": "1985-05-12;1990-11-01;1978-08-23", "ru": "12.05.1985;01.11.1990;23.08.1978"},
	"date":      {"tr": "12.03.2026;15.03.2026;01.04.2026", "en": "2026-03-12;03/15/2026;2026-04-01", "ru": "12.03.2026;15.03.2026;01.04.2026"},
	"datetime":  {"": "12.03.2026 14:30;2026-03-15 09:05;01.04.2026 18:20"},
	"money":     {"tr": "12.500,00;3.400;98.000,50;15000", "en": "12,500.00;3400;98000;$1,200", "ru": "12 500,00;3400;98 000;15000"},
	"percent":   {"": "50;75;%30;90"},
	"currency":  {"tr": "TRY;USD;EUR;TL", "en": "USD;EUR;GBP", "ru": "RUB;USD;EUR"},
	"source":    {"tr": "Telefon;Web sitesi;Fuar;Tavsiye", "en": "Website;Call;Trade show;Google", "ru": "Сайт;Звонок;Реклама"},
	"stage":     {"tr": "Yeni;İşlemde;Kazanıldı", "en": "New;In progress;Won", "ru": "Новый;В работе;Успех"},
	"street":    {"tr": "Atatürk Cad. No: 12 Kadıköy;Cumhuriyet Mah. 5. Sok. 3/4;Organize Sanayi 2. Cadde No 8", "en": "12 High Street;500 Main St, Suite 4;7 Mill Lane", "ru": "ул. Ленина, 5;пр-т Мира, д. 8, оф. 12;Невский проспект, 20"},
	"city":      {"tr": "İstanbul;Ankara;İzmir;Bursa", "en": "London;Austin;Leeds", "ru": "Москва;Казань;Екатеринбург"},
	"country":   {"tr": "Türkiye;Almanya;Fransa", "en": "Germany;United Kingdom;USA", "ru": "Россия;Казахстан;Беларусь"},
	"zip":       {"tr": "34710;16110;06420", "en": "73301;AB1 2CD;90210", "ru": "101000;420000;190000"},
	"province":  {"tr": "İstanbul;Bursa", "en": "TX;CA;NY", "ru": "Московская область;Татарстан"},
	"district":  {"tr": "Kadıköy;Nilüfer;Çankaya", "en": "Kent;Essex", "ru": "Химкинский;Приволжский"},
	"count":     {"": "12;3;45;120"},
	"honorific": {"tr": "Bay;Bayan", "en": "Mr.;Ms.", "ru": "г-н;г-жа"},
	"type":      {"tr": "Müşteri;Tedarikçi", "en": "Client;Partner", "ru": "Клиент;Партнёр"},
	"industry":  {"tr": "Bilişim;Üretim", "en": "Manufacturing;Information technology", "ru": "Производство"},
	"url":       {"tr": "www.ornek.com.tr;https://firma.example/;kuzeyyazilim.com", "en": "www.example.com;https://acme.example/;northwind.co.uk", "ru": "www.example.ru;https://romashka.ru/;vektor.ru"},
}

// drawn are five samples of a kind, others for each column.
func drawn(kind, language, column string) []string {
	byLanguage := values[kind]
	text := byLanguage[language]
	if text == "" {
		text = byLanguage[""]
	}
	if text == "" {
		return nil
	}
	list := strings.Split(text, ";")
	h := fnv.New32a()
	h.Write([]byte(column))
	first := int(h.Sum32() % uint32(len(list)))
	var out []string
	for i := range min(5, len(list)) {
		out = append(out, list[(first+i)%len(list)])
	}
	return out
}

// rows are a sheet's cells.
func (s listed) rows() [][]any {
	rows := slices.Clone(s.above)
	var header []any
	most := 0
	for _, c := range s.columns {
		header = append(header, c.header)
		most = max(most, len(c.samples))
	}
	rows = append(rows, header)
	for i := range most {
		row := make([]any, len(s.columns))
		for j, c := range s.columns {
			row[j] = ""
			if i < len(c.samples) {
				row[j] = c.samples[i]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

var fieldsOnce sync.Map // of portals, by language and entity

// portalFields are an entity's fields in a simulated portal.
func portalFields(t testing.TB, language string, e sheet24.Entity) []sheet24.Field {
	t.Helper()
	key := language + string(e)
	if fields, ok := fieldsOnce.Load(key); ok {
		return fields.([]sheet24.Field)
	}

	p := bitrixsim.New(bitrixsim.Options{Secret: "s3cret", Language: language})
	server := httptest.NewServer(p.Handler())
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	client := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{host}})
	portal, err := client.Connect(context.Background(), server.URL+p.WebhookPath())
	if err != nil {
		t.Fatal(err)
	}
	fields, err := client.Fields(context.Background(), portal, e)
	if err != nil {
		t.Fatal(err)
	}
	fieldsOnce.Store(key, fields)
	return fields
}
