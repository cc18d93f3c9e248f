package mapping

import "strings"

// months are the names of months, normalised, with their numbers: in Turkish, English and
// Russian, the whole name, its short forms, and in Russian the genitive that stands in dates.
// Source: the Unicode CLDR, calendar gregorian, "format" and "stand-alone", wide and
// abbreviated, of tr, en and ru; short forms without their dots.
var months = func() map[string]int {
	m := map[string]int{}
	for _, year := range []string{
		"Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
		"Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
		"January February March April May June July August September October November December",
		"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
		"январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
		"января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
		"янв февр мар апр май июн июл авг сент окт нояб дек",
		"янв фев мар апр мая июн июл авг сен окт ноя дек",
	} {
		for i, name := range strings.Fields(year) {
			m[Normalize(name)] = i + 1
		}
	}
	m["sept"] = 9
	return m
}()

// weekdays are the names of the days of the week, normalised, Sunday being 0. Source as of
// months; in Russian also the accusative, in which days are dated.
var weekdays = func() map[string]int {
	m := map[string]int{}
	for _, week := range []string{
		"Pazar Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi",
		"Paz Pzt Sal Çar Per Cum Cmt",
		"Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
		"Sun Mon Tue Wed Thu Fri Sat",
		"воскресенье понедельник вторник среда четверг пятница суббота",
		"вс пн вт ср чт пт сб",
		"воскресенье понедельник вторник среду четверг пятницу субботу",
	} {
		for i, name := range strings.Fields(week) {
			m[Normalize(name)] = i
		}
	}
	return m
}()
