--- act.lua: what a person does with a driven page: types, chooses, clicks, submits. Methods of a tab.
--
-- Acts only as the page allows: an element that is hidden, disabled or without a trigger refuses.
-- May use: controls, dom, html, values, where.

local controls = require "tidelock.controls"
local dom = require "tidelock.dom"
local html = require "tidelock.html"
local values = require "tidelock.values"
local where = require "tidelock.where"

where.register()

---@class tl.Tab
local act = {}

local function check_usable(element)
  if not dom.is_visible(element) then error(("%s is hidden"):format(dom.describe(element)), 0) end
  if dom.is_disabled(element) then error(("%s is disabled"):format(dom.describe(element)), 0) end
end

local function form_of(self, element)
  return controls.form_of(self.elements, element)
end

-- Acting ----------------------------------------------------------------------------------------

local function refuse_without_trigger(element, name)
  error(("%s has no on_%s, so nothing would happen"):format(dom.describe(element), name), 0)
end

-- A field that was edited brings its change when the user leaves it.
function act:leave_field(next_element)
  local id = self.edited
  if not id or (next_element and next_element.id == id) then return end
  self.edited = nil
  local element = self:element_by(function(e) return e.id == id end)
  if element and self.edits[id] then
    self.triggers:dispatch(element, "change", table.pack(controls.value(self.edits, element)))
  end
  controls.leave(self.edits, id)
end

function act:focus_on(element)
  self:leave_field(element)
  self.focused = element.id
end

-- A check brings input and change at once, others their change when they are left.
local function changes_at_once(element)
  local kind = controls.type_of(element)
  return kind == "checkbox" or kind == "radio" or kind == "select"
end

-- A field without a trigger of its own is of use in a form, which brings it when it is submitted.
local function check_editable(self, element, name)
  check_usable(element)
  if element.attrs.readonly then error(("%s is read-only"):format(dom.describe(element)), 0) end
  local triggers = self.triggers
  local heard = triggers:reaches(element, "change") or triggers:reaches(element, "input")
  if not heard and not form_of(self, element) then refuse_without_trigger(element, name) end
end

local function uncheck_group(self, element)
  for _, other in ipairs(controls.group(self.elements, element)) do
    if other ~= element then controls.edit(self.edits, other, false) end
  end
end

-- Puts a value into a control; gives the triggers that heard of it.
function act:edit(element, v)
  self:focus_on(element)
  controls.edit(self.edits, element, controls.taken(element, v))
  if controls.type_of(element) == "radio" then uncheck_group(self, element) end
  local brought = table.pack(controls.value(self.edits, element))
  local fired = self.triggers:dispatch(element, "input", brought)
  self.edited = element.id
  if changes_at_once(element) then
    self.edited = nil
    fired = fired + self.triggers:dispatch(element, "change", brought)
  end
  return fired
end

---Types into a control, or chooses: its `on_input` fires; `on_change` follows when the field is left.
---@param target string
---@param v string|number|boolean|string[]
---@param opts { nth: integer, within: string }|nil
function act:input(target, v, opts)
  local element = self:find_control(target, opts)
  check_editable(self, element, "input")
  self:edit(element, v)
  self.driver.settle()
end

---Types into a control, or chooses, and leaves it: `on_input` and `on_change` fire.
function act:change(target, v, opts)
  local element = self:find_control(target, opts)
  check_editable(self, element, "change")
  self:edit(element, v)
  self:leave_field(nil)
  self.driver.settle()
end

-- Clicking --------------------------------------------------------------------------------------

local function is_button(element)
  return element.tag == "button" or (element.tag == "input" and ({
    submit = true, button = true, reset = true, image = true,
  })[controls.type_of(element)])
end

local function submits(element)
  local kind = element.attrs.type
  if element.tag == "button" then return kind == nil or kind == "submit" end
  return kind == "submit" or kind == "image"
end

local function has_default(element)
  local kind = controls.type_of(element)
  return (element.tag == "a" and element.attrs.href) or is_button(element) or element.tag == "label"
    or element.tag == "summary" or kind == "checkbox" or kind == "radio"
end

---What the browser does by itself when an element is clicked: name -> function(tab, element) that
---gives whether anything happened.
local defaults = {}

function defaults.a(self, element)
  local href = element.attrs.href == true and "" or element.attrs.href
  if element.attrs.target and element.attrs.target ~= "_self" or element.attrs.download then return true end
  if href:sub(1, 1) == "#" then return true end
  if href:sub(1, 1) == "?" then href = self.path:gsub("[?#].*$", "") .. href end
  if not href:match "^/" or href:match "^//" then
    error(("the link leads out of the app: %s"):format(href), 0)
  end
  self:go(href)
  return true
end

function defaults.button(self, element)
  local form = submits(element) and form_of(self, element)
  if not form then return false end
  return self:submit_form(form, element)
end

function defaults.label(self, element)
  local control = controls.of_label(self.elements, element)
  if not control then return false end
  check_usable(control)
  local kind = controls.type_of(control)
  if kind == "checkbox" or kind == "radio" then return self:press(control) end
  self:focus_on(control)
  return true
end

-- Opening and closing is the browser's own; no event is needed.
function defaults.summary(self, element)
  local details = element.parent
  if not details or details.tag ~= "details" then return false end
  self.opened[details.id] = details.attrs.open == nil
  self.rendered = nil
  self.triggers:dispatch(details, "toggle", table.pack())
  return true
end

function defaults.check(self, element)
  local kind = controls.type_of(element)
  local held = controls.holds(self.edits, element)
  if kind == "radio" and held then return true end
  return self:edit(element, kind == "radio" or not held) > 0 or form_of(self, element) ~= nil
end

local function default_of(element)
  if defaults[element.tag] and not is_button(element) then return defaults[element.tag] end
  return is_button(element) and defaults.button or defaults.check
end

-- A click with what the browser does after it. Gives whether anything happened.
function act:press(element)
  local fired, prevented = self.triggers:dispatch(element, "click", table.pack())
  if prevented then return true end
  local active = dom.closest(element, has_default)
  return active and default_of(active)(self, active) or fired > 0
end

---Clicks a button, a link, a label, or any element with a trigger.
---@param target string visible text of a button, link or label, the aria-label of one or of a control, or a CSS selector
---@param opts { nth: integer, within: string }|nil
function act:click(target, opts)
  local element = self:find(target, opts)
  check_usable(element)
  self:focus_on(element)
  if not self:press(element) then refuse_without_trigger(element, "click") end
  self.driver.settle()
end

-- Submitting ------------------------------------------------------------------------------------

local function check_valid(self, form)
  if form.attrs.novalidate then return end
  for _, control in ipairs(controls.of_form(self.elements, form)) do
    local complaint = controls.complaint(self.edits, control)
    if complaint then
      error(("the browser does not submit the form: %s %s"):format(dom.describe(control), complaint), 0)
    end
  end
end

-- Gives whether a trigger heard of it.
function act:submit_form(form, submitter)
  if not self.triggers:reaches(form, "submit") then return false end
  check_valid(self, form)
  local fields = controls.form_values(self.edits, self.elements, form, submitter)
  return self.triggers:dispatch(form, "submit", table.pack(fields)) > 0
end

local function fields_of(self, form, name)
  local out = {}
  for _, control in ipairs(controls.of_form(self.elements, form)) do
    if control.attrs.name == name then out[#out + 1] = control end
  end
  if #out == 0 then error(("the form has no field named %q"):format(tostring(name)), 0) end
  return out
end

local function one_of(group, v)
  for _, control in ipairs(group) do
    if controls.own_value(control) == values.shown(v) then return control end
  end
  error(("no field named %q has the value %q"):format(group[1].attrs.name, values.shown(v)), 0)
end

-- What each field of a name is to hold; as `on_submit` brings it: a radio button's value, a list for several fields.
local function holdings(group, v)
  local kind = controls.type_of(group[1])
  if kind == "radio" then return { [one_of(group, v)] = true } end
  if #group == 1 then return { [group[1]] = v } end
  if type(v) ~= "table" then error(("%d fields are named %q; they take a list"):format(#group, group[1].attrs.name), 0) end
  local out = {}
  for i, control in ipairs(group) do
    if kind == "checkbox" then out[control] = false else out[control] = v[i] end
  end
  if kind ~= "checkbox" then return out end
  for _, chosen in ipairs(v) do out[one_of(group, chosen)] = true end
  return out
end

function act:fill_field(form, name, v)
  local group = fields_of(self, form, name)
  local held = holdings(group, v)
  for _, control in ipairs(group) do
    if held[control] ~= nil then
      check_usable(control)
      self:edit(control, held[control])
    end
  end
end

---Submits a form.
---@param target string the form, or anything in it
---@param fields table<string, any>|nil put into the named fields before, in the form in which on_submit brings them
---@param opts { nth: integer, within: string }|nil
function act:submit(target, fields, opts)
  local element = self:find(target, opts)
  local form = form_of(self, element)
  if not form then error(("%s is in no form"):format(dom.describe(element)), 0) end
  if not dom.is_visible(form) then error(("%s is hidden"):format(dom.describe(form)), 0) end
  for _, name in ipairs(values.sorted_keys(fields or {})) do self:fill_field(form, name, fields[name]) end
  self:leave_field(nil)
  if not self:submit_form(form) then refuse_without_trigger(form, "submit") end
  self.driver.settle()
end

---Any other event (`keydown` with the key's name, `focus`, `mouseenter`, ...).
---@param target string
---@param name string the DOM event's name
---@param key string|nil what `keydown`, `keyup` and `keypress` bring
---@param opts { nth: integer, within: string }|nil
function act:fire(target, name, key, opts)
  local element = self:find(target, opts)
  check_usable(element)
  local brought = html.key_events[name] and table.pack(key) or table.pack()
  if not self.triggers:reaches(element, name) then refuse_without_trigger(element, name) end
  self.triggers:dispatch(element, name, brought)
  self.driver.settle()
end

return act
