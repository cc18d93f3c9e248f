package bitrixsim

// say is a text in the portal's language.
func (p *Portal) say(tr, en, ru string) string { return texts{tr, en, ru}.in(p.options.Language) }

// What the portal says in its own language, as the documentation has it in Russian (source:
// the tables of error codes of crm.item.*).
func (p *Portal) noType() error {
	return badRequest("NOT_FOUND", p.say("Akıllı süreç bulunamadı", "Smart process not found", "Смарт-процесс не найден"))
}

func (p *Portal) noItem() error {
	return badRequest("NOT_FOUND", p.say("Öğe bulunamadı", "Item not found", "Элемент не найден"))
}

func (p *Portal) denied() error {
	return badRequest("ACCESS_DENIED", p.say("Erişim reddedildi", "Access denied", "Доступ запрещен"))
}

// missing is the error for a field that must not be empty.
func (p *Portal) missing(f field) error {
	name := f.in(p.options.Language)
	return badRequest("CRM_FIELD_ERROR_REQUIRED", p.say(`"`+name+`" alanı doldurulmalıdır`, `Field "`+name+`" is required`, `Поле "`+name+`" обязательно для заполнения`))
}

// wrong is the error for a value that a field does not take.
func (p *Portal) wrong(f field) error {
	name := f.in(p.options.Language)
	return badRequest("CRM_FIELD_ERROR_VALUE_NOT_VALID", p.say(`"`+name+`" alanı için geçersiz değer`, `Invalid value for field "`+name+`"`, `Неверное значение поля "`+name+`"`))
}
