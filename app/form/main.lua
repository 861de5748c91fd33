-- A registration form: each field has an error of its own, from when it was left for the first time and as it changes. The last word has a
-- register of names, which takes a moment to answer.

local tl = require "tidelock"
local ui = tl.ui

local ANSWER_TIME = 1.5 -- s
local names_taken = { ada = true, grace = true } -- stands for a database; all tabs share it

local Form = tl.state("Form", {
  name = "",
  email = "",
  age = tl.var { type = "integer" },
  country = "",
  terms = false,
  touched = tl.map {}, -- the fields whose errors are shown
  status = "editing", -- "sending", "done"
  _refused = "", -- the last name that was taken
  _password = "", -- the page has no use for it
  _again = "",
})

-- What is wrong with each field, from the first to the last: nil, or a text.
local FIELDS = { "name", "email", "password", "again", "age", "country", "terms" }

local check = {}

function check.name(self)
  if self.name == "" then return "How shall we call you?" end
  if not self.name:match "^%w+$" then return "Letters and digits only" end
  if #self.name < 3 then return "Three characters or more" end
  if self.name:lower() == self._refused then return "This name is taken" end
end

function check.email(self)
  if not self.email:match "^[^@%s]+@[^@%s]+%.[^@%s]+$" then return "An address, such as ada@example.org" end
end

function check.password(self)
  if #self._password < 8 then return "Eight characters or more" end
end

function check.again(self)
  if self._again ~= self._password then return "The two passwords differ" end
end

function check.age(self)
  if not self.age then return "How old are you?" end
  if self.age < 16 then return "From sixteen on" end
end

function check.country(self)
  if self.country == "" then return "Choose one" end
end

function check.terms(self)
  if not self.terms then return "It does not go without" end
end

Form._errors = tl.computed(function(self)
  local errors = tl.map {}
  for _, field in ipairs(FIELDS) do errors[field] = check[field](self) end
  return errors
end, { backend = true })

Form.shown = tl.computed(function(self)
  local shown = tl.map {}
  for field in pairs(self.touched) do shown[field] = self._errors[field] end
  return shown
end)

function Form:touch(field) self.touched[field] = true end

function Form:set_password(text) self._password = text end

function Form:set_again(text) self._again = text end

-- Beside the page: it could be left, or closed, while the register thinks.
Form.register = tl.background(function(self)
  tl.sleep(ANSWER_TIME)
  local taken = tl.with_state(self, function()
    local key = self.name:lower()
    if names_taken[key] then
      self._refused, self.status = key, "editing"
      return true
    end
    names_taken[key] = true
    self.status, self._password, self._again = "done", "", ""
  end)
  if taken then return tl.focus "name" end
end)

function Form:submit()
  if self.status ~= "editing" then return end
  for _, field in ipairs(FIELDS) do self.touched[field] = true end
  for _, field in ipairs(FIELDS) do
    if self._errors[field] then return tl.focus(field) end
  end
  self.status = "sending"
  return Form.register
end

function Form:start_again() self:reset() end

-- The page ---------------------------------------------------------------------------------------

-- A label, a control and the line below it: help, or what is wrong. `attrs`: of the control.
local function field(name, title, help, control, attrs)
  local problem = Form.shown[name]
  attrs.id = name
  attrs.disabled = Form.status:eq "sending"
  attrs.on_change = Form.touch(name)
  attrs.aria_invalid = ui.cond(problem, "true")
  attrs.aria_describedby = name .. "-note"
  local with_label = attrs.type == "checkbox" and ui.label { control(attrs), title } or { ui.label { title, ["for"] = name }, control(attrs) }
  return ui.div {
    with_label,
    ui.p { id = name .. "-note", class = { help = ~problem, error = problem }, problem:default(help) },
  }
end

local function form()
  return ui.form { class = "card", novalidate = true, on_submit = Form.submit,
    field("name", "Name", "Three letters or digits, or more", ui.input, { value = ui.bind(Form.name), autocomplete = "username" }),
    field("email", "E-mail", "We write to it once", ui.input, { type = "email", value = ui.bind(Form.email), autocomplete = "email" }),
    field("password", "Password", "Eight characters or more", ui.input,
      { type = "password", on_input = Form.set_password, autocomplete = "new-password" }),
    field("again", "Password, again", "The same once more", ui.input,
      { type = "password", on_input = Form.set_again, autocomplete = "new-password" }),
    field("age", "Age", "From sixteen on", ui.input, { type = "number", min = 0, value = ui.bind(Form.age) }),
    field("country", "Country", "Where you live", ui.select, { value = ui.bind(Form.country),
      ui.option { value = "", "Choose …" }, ui.option "Denmark", ui.option "Norway", ui.option "Sweden" }),
    field("terms", "I agree to the terms", "They fit on a page", ui.input, { type = "checkbox", checked = ui.bind(Form.terms) }),
    ui.button { ui.cond(Form.status:eq "sending", "Registering …", "Register"), disabled = Form.status:eq "sending" },
  }
end

tl.page("/", { title = "Register" }, function()
  return ui.main {
    ui.h1 "Register",
    ui.cond(Form.status:eq "done",
      ui.section { class = "card", role = "status",
        ui.h2 { "Welcome, ", Form.name },
        ui.p { "A letter is on its way to ", Form.email, "." },
        ui.button { "Register somebody else", on_click = Form.start_again },
      },
      form()),
  }
end)
