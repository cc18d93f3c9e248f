package bitrix24_test

import (
	"fmt"
	"slices"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// notations are telephone numbers and e-mail addresses, each as people write it in cells and
// in the CRM, in sheets of a locale: every one finds every other.
var notations = []struct {
	kind, locale string
	texts        []string
}{
	{"PHONE", "tr_TR", []string{"0536 630 70 10", "+90 536 630 70 10", "5366307010", "05366307010", "905366307010", "+905366307010", "00905366307010", "(0536) 630 70 10",
		"0 (536) 630 70 10", "0(536) 630 70 10", "536 630 70 10", "+90 (536) 630 70 10", "0536-630-70-10", "0536 630 7010", "+90-536-630-70-10", "0536 6307010", "90 536 630 70 10"}},
	{"PHONE", "tr_TR", []string{"5376437721", "+90 537 643 77 21", "0537 643 77 21"}},
	{"PHONE", "en_US", []string{"0212 252 11 00", "+90 212 252 11 00"}}, // a Turkish number in a sheet that nobody gave a country
	{"PHONE", "tr_TR", []string{"444 1 444", "4441444"}},
	{"PHONE", "tr_TR", []string{"+49 151 23456789", "+4915123456789", "004915123456789"}},
	{"PHONE", "ru_RU", []string{"8 (916) 123-45-67", "+7 916 123-45-67", "89161234567", "+79161234567", "9161234567", "8 916 123 45 67", "+7(916)123-45-67", "8-916-123-45-67", "79161234567", "(916) 123-45-67"}},
	{"PHONE", "tr_TR", []string{"8 (495) 123-45-67", "+74951234567"}},
	{"PHONE", "en_US", []string{"(650) 253-0000", "650-253-0000", "+1 650-253-0000", "1-650-253-0000", "650.253.0000", "6502530000", "+16502530000"}},
	{"PHONE", "en_GB", []string{"020 7946 0018", "+44 20 7946 0018", "02079460018", "+442079460018"}},
	{"EMAIL", "tr_TR", []string{"ayse.yilmaz@ornek.com.tr", "AYSE.YILMAZ@ORNEK.COM.TR", "Ayse.Yilmaz@ornek.com.tr", "Ayse.yilmaz@ornek.com.tr", "Ayse.yilmaz@Ornek.com.tr"}},
}

// TestFindsByMeaning stores each notation in a record of its own portal and looks for it by
// each other, where portals compare texts and where they know better.
func TestFindsByMeaning(t *testing.T) {
	t.Parallel()
	for _, reads := range []bool{false, true} {
		for _, n := range notations {
			w := newWorld(t, bitrixsim.Options{ReadsNotations: reads}, bitrix24.Options{})
			w.sim.Add(3, map[string]any{"name": "başkası"}, bitrixsim.Multi{TypeID: n.kind, ValueType: "WORK", Value: "+90 532 000 00 00"})
			for _, stored := range n.texts {
				id := w.sim.Add(3, map[string]any{"name": stored}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: "+90 312 000 00 00"},
					bitrixsim.Multi{TypeID: n.kind, ValueType: "HOME", Value: stored})
				found, err := w.Find(t.Context(), w.portal, sheet24.Contacts, n.kind, n.texts, n.locale)
				w.check(err)
				for _, typed := range n.texts {
					if !slices.Equal(found[typed], []int64{id}) {
						t.Errorf("reads %v: %q stored, %q typed in %s: %v; want %d", reads, stored, typed, n.locale, found[typed], id)
					}
				}
				w.wrote(sheet24.ItemWrite{Entity: sheet24.Contacts, ID: id, Delete: true})
			}
		}
	}
}

// TestFindsNobodyElse looks for numbers that are nearly those of others.
func TestFindsNobodyElse(t *testing.T) {
	t.Parallel()
	for _, reads := range []bool{false, true} {
		w := newWorld(t, bitrixsim.Options{ReadsNotations: reads}, bitrix24.Options{})
		for _, stored := range []string{"0536 630 70 10", "+7 536 630 70 11", "0212 123 45 67 dahili 12", "1234567"} {
			w.sim.Add(3, map[string]any{"name": stored}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: stored})
		}
		w.sim.Add(3, map[string]any{"name": "x"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: "a.b@x.tr"})

		typed := []string{"0536 630 70 11", "0537 630 70 10", "0212 123 45 67 dahili 13", "0212 123 45 67", "+1 536 630 70 10", "0212 123 45 67 89"}
		found, err := w.Find(t.Context(), w.portal, sheet24.Contacts, "PHONE", typed, "tr_TR")
		w.check(err)
		for _, v := range typed {
			if len(found[v]) > 0 {
				t.Errorf("%q finds %v", v, found[v])
			}
		}
		found, err = w.Find(t.Context(), w.portal, sheet24.Contacts, "EMAIL", []string{"ab@x.tr", "a.b@x.com", "A.B@X.TR"}, "tr_TR")
		w.check(err)
		if len(found["ab@x.tr"])+len(found["a.b@x.com"]) > 0 || len(found["A.B@X.TR"]) != 1 {
			t.Errorf("addresses: %v", found)
		}
	}
}

// TestFindsAllOfSeveral has more records at the addresses that one request asks for than its
// answer may have.
func TestFindsAllOfSeveral(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	var typed []string
	want := map[string]int{}
	for n := range 8 {
		address := fmt.Sprintf("kisi%d@x.tr", n)
		typed = append(typed, address)
		for range n {
			w.sim.Add(1, map[string]any{"title": address}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: address})
			want[address]++
		}
	}
	found, err := w.Find(t.Context(), w.portal, sheet24.Leads, "EMAIL", typed, "")
	w.check(err)
	for _, address := range typed {
		if len(found[address]) != want[address] {
			t.Errorf("%s: %v; want %d", address, found[address], want[address])
		}
	}
}

// TestFindLearnsWhatPortalsRead counts what is asked for a hundred numbers: the notations of
// all in a portal that compares texts, fewer in one that has shown that it need not be so.
func TestFindLearnsWhatPortalsRead(t *testing.T) {
	t.Parallel()
	for reads, most := range map[bool]int{false: 130, true: 30} {
		w := newWorld(t, bitrixsim.Options{ReadsNotations: reads}, bitrix24.Options{})
		var typed []string
		for n := range 100 {
			number := fmt.Sprintf("0532 111 %02d %02d", n/100, n%100)
			typed = append(typed, number)
			w.sim.Add(3, map[string]any{"name": number}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: fmt.Sprintf("+90 (532) 111 %02d %02d", n/100, n%100)})
		}
		w.sim.ResetStats()
		found, err := w.Find(t.Context(), w.portal, sheet24.Contacts, "PHONE", typed, "tr_TR")
		w.check(err)
		for _, v := range typed {
			if len(found[v]) != 1 {
				t.Fatalf("reads %v: %q finds %v", reads, v, found[v])
			}
		}
		if n := w.sim.Stats().Methods["crm.duplicate.findbycomm"]; n > most {
			t.Errorf("reads %v: %d calls; want %d at most", reads, n, most)
		}
	}
}
