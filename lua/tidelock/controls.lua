--- controls.lua: form controls of a driven page: what the user typed, what a form holds.
--
-- What the user edited stands until the event that tells the host of it was answered; then the
-- state's value is the truth again (client/src/controls.js). `edits` keeps it by element id:
-- { value =, wanted =, waiting = }. May use: dom, values, where, native.

local dom = require "tidelock.dom"
local native = require "tidelock.native"
local values = require "tidelock.values"
local where = require "tidelock.where"

where.register()

local controls = {}

local function set(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

local no_field = set "submit button reset image file"

function controls.is_control(element)
  return element.tag == "input" or element.tag == "textarea" or element.tag == "select"
end

function controls.type_of(element)
  if element.tag ~= "input" then return element.tag end
  return element.attrs.type and values.shown(element.attrs.type):lower() or "text"
end

local function is_check(element)
  local kind = controls.type_of(element)
  return kind == "checkbox" or kind == "radio"
end

---The control that a label is for.
---@param elements tl.Element[]
---@param label tl.Element
---@return tl.Element|nil
function controls.of_label(elements, label)
  for _, element in ipairs(elements) do
    if controls.is_control(element) then
      if label.attrs["for"] and element.attrs.id == label.attrs["for"] then return element end
      if not label.attrs["for"] and dom.is_inside(element, label) then return element end
    end
  end
end

-- What the state wants --------------------------------------------------------------------------

function controls.options(element)
  local out = {}
  for _, option in ipairs(dom.elements(element.children)) do
    if option.tag == "option" then
      local v = option.attrs.value
      local text = v == true and "" or v and values.shown(v) or dom.text(option.children)
      out[#out + 1] = { element = option, value = text }
    end
  end
  return out
end

local function shows_one_of(list, text)
  for _, v in ipairs(type(list) == "table" and list or {}) do
    if values.shown(v) == text then return true end
  end
  return false
end

-- `value` where the select has one, else the option's own `selected`.
local function is_wanted(select, option)
  if select.wants.value == nil then return option.element.attrs.selected ~= nil end
  if select.attrs.multiple then return shows_one_of(select.attrs.value, option.value) end
  return values.shown(select.attrs.value) == option.value
end

local function wanted_options(element)
  local out = {}
  for _, option in ipairs(controls.options(element)) do
    if is_wanted(element, option) then out[#out + 1] = option.value end
  end
  return out
end

local function wanted_select(element)
  local chosen = wanted_options(element)
  if element.attrs.multiple then return native.list(chosen) end
  local options = controls.options(element)
  return chosen[#chosen] or options[1] and options[1].value or ""
end

---What the control holds as the state has it: text, a boolean, or a list.
local function wanted_of(element)
  if is_check(element) then return element.attrs.checked ~= nil end
  if element.tag == "select" then return wanted_select(element) end
  local v = element.attrs.value
  return v == true and "" or values.shown(v)
end
controls.wanted = wanted_of

-- Edits -----------------------------------------------------------------------------------------

---What the control holds: text, for a check a boolean, for a multiple select a list.
function controls.holds(edits, element)
  local edit = edits[element.id]
  if edit then return edit.value end
  return wanted_of(element)
end

---What is typed is nothing to tell the host, so far.
function controls.lack(edits, element)
  local edit = edits[element.id]
  if edit then edit.lacking = true end
end

---The focus leaves a control: what was not told the host gives way to the state's value.
function controls.leave(edits, id)
  local edit = edits[id]
  if edit and edit.lacking and edit.waiting == 0 then edits[id] = nil end
end

---Keeps what the user did.
function controls.edit(edits, element, v)
  local before = edits[element.id]
  edits[element.id] = { value = v, wanted = wanted_of(element), waiting = before and before.waiting or 0 }
end

local function has_wish(element)
  return element.wants.value ~= nil or element.wants.checked ~= nil
end

---Drops the edits that the state has overtaken. `focus`: id of the focused element.
function controls.reconcile(edits, elements, focus)
  for _, element in ipairs(elements) do
    local edit = edits[element.id]
    local held = edit and (edit.waiting > 0 or focus == element.id)
    if edit and not held and has_wish(element) and not values.equal(edit.wanted, wanted_of(element)) then
      edits[element.id] = nil
    end
  end
end

---The radio buttons of which one can be chosen, with this one.
---@param elements tl.Element[]
---@param element tl.Element
---@return tl.Element[]
function controls.group(elements, element)
  local out, form = {}, controls.form_of(elements, element)
  for _, other in ipairs(elements) do
    if controls.type_of(other) == "radio" and other.attrs.name == element.attrs.name
        and controls.form_of(elements, other) == form then
      out[#out + 1] = other
    end
  end
  return out
end

local function drop(edits, element)
  if has_wish(element) then edits[element.id] = nil end
end

---An event of the control was answered. After an error a focused control keeps what was typed; a
---choice among radio buttons follows the state at all of them.
---@param failed boolean|nil
---@param focus string|nil id of the focused element
function controls.answered(edits, elements, element, failed, focus)
  local edit = edits[element.id]
  if not edit then return end
  edit.waiting = edit.waiting - 1
  if edit.waiting > 0 then return end
  if controls.type_of(element) == "radio" then
    for _, other in ipairs(controls.group(elements, element)) do drop(edits, other) end
  elseif not ((failed or edit.lacking) and focus == element.id) then
    drop(edits, element)
  end
end

-- What is typed ---------------------------------------------------------------------------------

local function typed_text(element, v)
  if type(v) ~= "string" and type(v) ~= "number" then
    error(("%s takes a text or a number, got %s"):format(dom.describe(element), tostring(v)), 0)
  end
  local text, kind = values.shown(v), controls.type_of(element)
  if (kind == "number" or kind == "range") and text ~= "" and not values.to_number(text) then
    error(("%s takes no text that is not a number: %q"):format(dom.describe(element), text), 0)
  end
  local limit = values.to_number(element.attrs.maxlength)
  if limit and utf8.len(text) > limit then
    error(("%s takes %d characters, got %d"):format(dom.describe(element), limit, utf8.len(text)), 0)
  end
  return text
end

local function option_of(element, v)
  for _, option in ipairs(controls.options(element)) do
    if option.value == values.shown(v) then
      if dom.is_disabled(option.element) then error(("the option %q is disabled"):format(option.value), 0) end
      return option.value
    end
  end
  error(("%s has no option %q"):format(dom.describe(element), values.shown(v)), 0)
end

local function chosen_options(element, v)
  if type(v) ~= "table" then error(("%s takes a list of its options"):format(dom.describe(element)), 0) end
  local out = {}
  for i, option in ipairs(v) do out[i] = option_of(element, option) end
  return native.list(out)
end

---What a control would hold after the user put `v` into it. Raises when it does not take it.
function controls.taken(element, v)
  if controls.type_of(element) == "file" then error("a file cannot be chosen here", 0) end
  if is_check(element) then
    if type(v) ~= "boolean" then error(("%s takes true or false"):format(dom.describe(element)), 0) end
    return v
  end
  if element.tag ~= "select" then return typed_text(element, v) end
  return element.attrs.multiple and chosen_options(element, v) or option_of(element, v)
end

-- What it brings --------------------------------------------------------------------------------

---What a radio button or a check box stands for.
local function own_value(element)
  local v = element.attrs.value
  return (v == nil and "on") or (v == true and "") or values.shown(v)
end
controls.own_value = own_value

---What a control brings as an event's argument; nil for a number that is missing.
function controls.value(edits, element)
  local kind, held = controls.type_of(element), controls.holds(edits, element)
  if kind == "radio" then return own_value(element) end
  if kind == "number" or kind == "range" then return values.to_number(held) end
  return held
end

---The form that an element belongs to.
---@return tl.Element|nil
function controls.form_of(elements, element)
  local named = element.attrs.form
  if not named then return dom.closest(element, function(e) return e.tag == "form" end) end
  for _, other in ipairs(elements) do
    if other.tag == "form" and other.attrs.id == named then return other end
  end
end

---A form's controls, in document order.
function controls.of_form(elements, form)
  local out = {}
  for _, element in ipairs(elements) do
    if controls.is_control(element) and controls.form_of(elements, element) == form then out[#out + 1] = element end
  end
  return out
end

-- The fields of a form by name, each name's in document order.
local function named_fields(elements, form)
  local groups = {}
  for _, element in ipairs(controls.of_form(elements, form)) do
    local name = element.attrs.name
    if type(name) == "string" and name ~= "" and not dom.is_disabled(element) and not no_field[controls.type_of(element)] then
      groups[name] = groups[name] or {}
      table.insert(groups[name], element)
    end
  end
  return groups
end

local function checked_values(edits, group)
  local out = {}
  for _, element in ipairs(group) do
    if controls.holds(edits, element) == true then out[#out + 1] = own_value(element) end
  end
  return out
end

local function or_null(v)
  if v == nil then return native.null end
  return v
end

-- Of radio buttons the chosen one, of check boxes the list of those that are checked.
local function group_value(edits, group)
  local kind = controls.type_of(group[1])
  if kind == "radio" then return or_null(checked_values(edits, group)[1]) end
  if #group == 1 then return or_null(controls.value(edits, group[1])) end
  if kind == "checkbox" then return native.list(checked_values(edits, group)) end
  local out = {}
  for i, element in ipairs(group) do out[i] = or_null(controls.value(edits, element)) end
  return native.list(out)
end

---A map of the named fields of a form, and of the button that submits it.
---@param submitter tl.Element|nil
function controls.form_values(edits, elements, form, submitter)
  local fields = {}
  for name, group in pairs(named_fields(elements, form)) do fields[name] = group_value(edits, group) end
  local name = submitter and submitter.attrs.name
  if type(name) == "string" and name ~= "" then fields[name] = values.shown(submitter.attrs.value) end
  return native.map(fields)
end

---Why the browser would not submit the form with this control, or nil.
function controls.complaint(edits, element)
  local held, kind = controls.holds(edits, element), controls.type_of(element)
  if element.attrs.readonly or dom.is_disabled(element) then return nil end
  if element.attrs.required and (held == "" or held == false and kind == "checkbox") then return "is required" end
  local n = (kind == "number" or kind == "range") and values.to_number(held)
  local min, max = values.to_number(element.attrs.min), values.to_number(element.attrs.max)
  if n and min and n < min then return ("is below %s"):format(values.shown(min)) end
  if n and max and n > max then return ("is above %s"):format(values.shown(max)) end
end

return controls
