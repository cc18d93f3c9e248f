package detect_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"sheet24/internal/detect"
)

func utf16Of(s string, order binary.AppendByteOrder, mark bool) []byte {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

func pageOf(t *testing.T, s string, page *charmap.Charmap) []byte {
	t.Helper()
	out, err := page.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func utf32Of(s string, order binary.AppendByteOrder) []byte {
	out := order.AppendUint32(nil, 0xfeff)
	for _, r := range s {
		out = order.AppendUint32(out, uint32(r))
	}
	return out
}

// TestLongCells are refused before anything else looks at them; many cells are not.
func TestLongCells(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 8_000_000)
	for name, data := range map[string]string{"bare": "Ad,Not\nAyşe," + long, "quoted": "Ad,Not\n\"Ayşe\",\"" + strings.Repeat("a,\n", 2_000_000)} {
		if rows, err := detect.ReadCSV([]byte(data)); !errors.Is(err, detect.ErrLongCell) {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}

	inches := "Ad,Boy\n" + strings.Repeat("Ayşe,5\"3\n", 200_000)
	if rows, err := detect.ReadCSV([]byte(inches)); err != nil || len(rows) != 1000 {
		t.Errorf("inches: %d rows, %v", len(rows), err)
	}
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	const turkish = "Müşteri Adı;Şehir;İlçe\r\nAyşe Çağlayan;İstanbul;Kadıköy\r\n"
	const russian = "Имя;Город;Область\r\nИван;Москва;Московская\r\n"
	wantTR := [][]any{{"Müşteri Adı", "Şehir", "İlçe"}, {"Ayşe Çağlayan", "İstanbul", "Kadıköy"}}
	wantRU := [][]any{{"Имя", "Город", "Область"}, {"Иван", "Москва", "Московская"}}

	for name, c := range map[string]struct {
		data []byte
		want [][]any
	}{
		"UTF-8":                 {[]byte(turkish), wantTR},
		"UTF-8 with a mark":     {[]byte("\ufeff" + turkish), wantTR},
		"UTF-16, little":        {utf16Of(turkish, binary.LittleEndian, true), wantTR},
		"UTF-16, big":           {utf16Of(russian, binary.BigEndian, true), wantRU},
		"UTF-16 without a mark": {utf16Of(turkish, binary.LittleEndian, false), wantTR},
		"UTF-32, little":        {utf32Of(turkish, binary.LittleEndian), wantTR},
		"UTF-32, big":           {utf32Of(russian, binary.BigEndian), wantRU},
		"CR alone":              {[]byte(strings.ReplaceAll(turkish, "\r\n", "\r")), wantTR},
		"Windows-1254":          {pageOf(t, turkish, charmap.Windows1254), wantTR},
		"Windows-1251":          {pageOf(t, russian, charmap.Windows1251), wantRU},
		"tabs":                  {[]byte(strings.ReplaceAll(turkish, ";", "\t")), wantTR},
		"commas":                {[]byte(strings.ReplaceAll(turkish, ";", ",")), wantTR},
		"bars":                  {[]byte(strings.ReplaceAll(turkish, ";", "|")), wantTR},
		"Excel's own line":      {[]byte("sep=;\r\n" + turkish), wantTR},
		"commas in values":      {[]byte("Ad;Tutar\nAyşe;1,5\nVeli;2,5\n"), [][]any{{"Ad", "Tutar"}, {"Ayşe", "1,5"}, {"Veli", "2,5"}}},
		"lines in values":       {[]byte("Ad,Not\n\"Ayşe\nYılmaz\",\"a,b\"\n\n\nVeli,c\n"), [][]any{{"Ad", "Not"}, {"Ayşe\nYılmaz", "a,b"}, {}, {}, {"Veli", "c"}}},
		"blank lines first":     {[]byte("Liste\n\nAd;Soyad\nAyşe;Kaya\nVeli;Can\n"), [][]any{{"Liste"}, {}, {"Ad", "Soyad"}, {"Ayşe", "Kaya"}, {"Veli", "Can"}}},
		"one column":            {[]byte("Telefon\n0532 111 22 33\n"), [][]any{{"Telefon"}, {"0532 111 22 33"}}},
		"a lonely quote":        {[]byte("Ad,Boy\nAyşe,5\"3\n"), [][]any{{"Ad", "Boy"}, {"Ayşe", "5\"3"}}},
		"empty":                 {nil, nil},
	} {
		got, err := detect.ReadCSV(c.data)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
	for name, data := range map[string][]byte{
		"a workbook": append([]byte("PK\x03\x04\x14\x00\x06\x00"), bytes.Repeat([]byte{0, 200, 7}, 50)...),
		"zeros":      bytes.Repeat([]byte{0}, 100),
	} {
		if rows, err := detect.ReadCSV(data); !errors.Is(err, detect.ErrNoText) {
			t.Errorf("%s: %q, %v", name, rows, err)
		}
	}
}
