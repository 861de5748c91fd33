--- tab.lua: a driven page: what a test does with a tab, as a person would, and what it sees.
--
-- Acts only as the page allows: an element that is hidden, disabled or without a trigger refuses.
-- May use: controls, dom, eval, fire, link, native, page, values, where.

local controls = require "tidelock.controls"
local dom = require "tidelock.dom"
local eval = require "tidelock.eval"
local fire = require "tidelock.fire"
local link = require "tidelock.link"
local native = require "tidelock.native"
local page = require "tidelock.page"
local values = require "tidelock.values"
local where = require "tidelock.where"

where.register()

---@class tl.Tab
local Tab = {}
Tab.__index = Tab

local tab = {}

-- Making ----------------------------------------------------------------------------------------

local function link_of(self)
  return link.new {
    answered = function(ids, failed) self:answered(ids, failed) end,
    effects = function(list)
      for _, effect in ipairs(list) do self:run_effect(effect) end
    end,
    errors = function(list) table.move(list, 1, #list, #self.received_errors + 1, self.received_errors) end,
    changed = function() self:changed() end,
  }
end

local function fire_of(self, now)
  return fire.new {
    state = function() return self:whole_state() end,
    submit = function(handler, args, control) self:send_event(handler, args, control) end,
    effect = function(effect) self:run_effect(effect) end,
    is_live = function() return self.link.live end,
    now = now,
  }
end

---@param driver { settle: fun(), now: fun(): number, left: fun(tab: tl.Tab) }
---@param path string
---@return tl.Tab
function tab.new(driver, path)
  local self = setmetatable({
    driver = driver, asked = {}, received_effects = {}, received_errors = {},
  }, Tab)
  self.link = link_of(self)
  self.triggers = fire_of(self, driver.now)
  self:show(path)
  self.link:connect(path)
  return self
end

-- The page --------------------------------------------------------------------------------------

-- Whether a tree has an on_mount; most have none, and need not be drawn at each message.
local function has_mount(node)
  if type(node) ~= "table" or node == native.null then return false end
  if type(node.on) == "table" and node.on.mount then return true end
  for _, part in pairs(node) do
    if has_mount(part) then return true end
  end
  return false
end

-- Shows the page at a path; the state stays.
function Tab:show(path)
  local entry = page.lookup(native.app_table(), path)
  self.path, self.page_title = path, entry.title
  self.status = entry.status
  self.tree = entry.tree
  self.mounts = has_mount(entry.tree)
  self.edits, self.mounted, self.opened, self.focused = {}, {}, {}, nil
  self:changed()
end

function Tab:changed()
  self.rendered, self.plain = nil, nil
end

function Tab:whole_state()
  if not self.link.version then error("the page has no state yet: the host has not answered its hello", 0) end
  self.plain = self.plain or self.link:state()
  return self.plain
end

-- The page's nodes, and its elements in document order.
function Tab:render()
  if not self.rendered then
    self.rendered = eval.render(self.tree, self:whole_state())
    self.elements = dom.elements(self.rendered)
    for _, element in ipairs(self.elements) do
      local open = self.opened[element.id]
      if open ~= nil then element.attrs.open = open or nil end
    end
    controls.reconcile(self.edits, self.elements, self.focused)
  end
  return self.rendered, self.elements
end

function Tab:element_by(test)
  local _, elements = self:render()
  for _, element in ipairs(elements) do
    if test(element) then return element end
  end
end

-- Fires on_mount of what was not there before.
function Tab:mount()
  if not self.mounts or not self.link.version then return end
  local now = {}
  local _, elements = self:render()
  for _, element in ipairs(elements) do
    if element.on.mount then
      now[element.id] = true
      if not self.mounted[element.id] then self.triggers:dispatch(element, "mount", table.pack()) end
    end
  end
  self.mounted = now
end

-- From and to the host --------------------------------------------------------------------------

---Takes in what the host sent. For the driver.
---@return boolean any
function Tab:pump()
  local any = self.link:pump()
  if any then self:mount() end
  return any
end

function Tab:send_event(handler, args, control)
  local id = self.link:submit("event", { handler = handler, args = args })
  if not control then return end
  local edit = self.edits[control.id]
  if edit then edit.waiting = edit.waiting + 1 end
  self.asked[id] = control.id
end

function Tab:answered(ids, failed)
  for _, id in ipairs(ids) do
    local control_id = self.asked[id]
    self.asked[id] = nil
    local control = control_id and self:element_by(function(e) return e.id == control_id end)
    if control then controls.answered(self.edits, self.elements, control, failed[id], self.focused) end
  end
end

-- Effects that change the page; the others are only noted.
local effects = {}

function effects.redirect(self, path, opts)
  if not (type(opts) == "table" and opts.external) then self:go(path) end
end

function effects.set_value(self, id, v)
  local element = self:element_by(function(e) return e.attrs.id == id end)
  if element and controls.is_control(element) then
    local held = type(v) == "table" and v or values.shown(v)
    controls.edit(self.edits, element, type(v) == "boolean" and v or held)
  end
end

function effects.focus(self, id)
  local element = self:element_by(function(e) return e.attrs.id == id end)
  if element then self.focused = element.id end
end

function effects.store(self, kind, name, v)
  if self.link.storage[kind] then self.link.storage[kind][name] = v end
end

function effects.remove_cookie(self, name)
  self.link.storage.cookie[name] = nil
end

function effects.clear_local_storage(self)
  self.link.storage["local"] = {}
end

function Tab:run_effect(effect)
  self.received_effects[#self.received_effects + 1] = effect
  local run = effects[effect[1]]
  if run then run(self, table.unpack(effect, 2)) end
end

---Moves to another page of the app, as a link or a redirect does.
---@param path string
function Tab:go(path)
  if page.lookup(native.app_table(), path).status == 404 then
    error(("there is no page at %q"):format(path), 0)
  end
  self.triggers:flush()
  self:show(path)
  self.link:submit("nav", { path = path })
end

-- Finding ---------------------------------------------------------------------------------------

local find_options = { nth = true, within = true }

local function checked_options(opts)
  for name in pairs(opts or {}) do
    if not find_options[name] then error(("unknown option %s; there are nth and within"):format(tostring(name)), 0) end
  end
  return opts or {}
end

function Tab:find(target, opts)
  local _, elements = self:render()
  return dom.find(elements, target, checked_options(opts))
end

-- The control that a target names, by itself or by its label.
function Tab:find_control(target, opts)
  local element = self:find(target, opts)
  if element.tag == "label" then
    local control = controls.of_label(self.elements, element)
    if not control then error(("%s belongs to no control"):format(dom.describe(element)), 0) end
    return control
  end
  if not controls.is_control(element) then error(("%s is no form control"):format(dom.describe(element)), 0) end
  return element
end

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
function Tab:leave_field(next_element)
  local id = self.edited
  if not id or (next_element and next_element.id == id) then return end
  self.edited = nil
  local element = self:element_by(function(e) return e.id == id end)
  if element and self.edits[id] then
    self.triggers:dispatch(element, "change", table.pack(controls.value(self.edits, element)))
  end
end

function Tab:focus_on(element)
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
  local heard = triggers:reaches(element, "change") or (name == "input" and triggers:reaches(element, "input"))
  if not heard and not form_of(self, element) then refuse_without_trigger(element, name) end
end

local function uncheck_group(self, element)
  for _, other in ipairs(controls.group(self.elements, element)) do
    if other ~= element then controls.edit(self.edits, other, false) end
  end
end

-- Puts a value into a control; gives the triggers that heard of it.
function Tab:edit(element, v)
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
function Tab:input(target, v, opts)
  local element = self:find_control(target, opts)
  check_editable(self, element, "input")
  self:edit(element, v)
  self.driver.settle()
end

---Types into a control, or chooses, and leaves it: `on_input` and `on_change` fire.
function Tab:change(target, v, opts)
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
  return self:submit_form(form)
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
function Tab:press(element)
  local fired, prevented = self.triggers:dispatch(element, "click", table.pack())
  if prevented then return true end
  local active = dom.closest(element, has_default)
  return active and default_of(active)(self, active) or fired > 0
end

---Clicks a button, a link, a label, or any element with a trigger.
---@param target string visible text of a button, link or label, or a CSS selector
---@param opts { nth: integer, within: string }|nil
function Tab:click(target, opts)
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
function Tab:submit_form(form)
  if not self.triggers:reaches(form, "submit") then return false end
  check_valid(self, form)
  local fields = controls.form_values(self.edits, self.elements, form)
  return self.triggers:dispatch(form, "submit", table.pack(fields)) > 0
end

local function field_of(self, form, name)
  for _, control in ipairs(controls.of_form(self.elements, form)) do
    if control.attrs.name == name then return control end
  end
  error(("the form has no field named %q"):format(tostring(name)), 0)
end

---Submits a form.
---@param target string the form, or anything in it
---@param fields table<string, any>|nil put into the named fields before
---@param opts { nth: integer, within: string }|nil
function Tab:submit(target, fields, opts)
  local element = self:find(target, opts)
  local form = form_of(self, element)
  if not form then error(("%s is in no form"):format(dom.describe(element)), 0) end
  if not dom.is_visible(form) then error(("%s is hidden"):format(dom.describe(form)), 0) end
  for _, name in ipairs(values.sorted_keys(fields or {})) do
    local control = field_of(self, form, name)
    check_usable(control)
    self:edit(control, fields[name])
  end
  self:leave_field(nil)
  if not self:submit_form(form) then refuse_without_trigger(form, "submit") end
  self.driver.settle()
end

---Any other event (`keydown` with the key's name, `focus`, `mouseenter`, ...).
---@param target string
---@param name string the DOM event's name
---@param key string|nil what `keydown` and `keyup` bring
---@param opts { nth: integer, within: string }|nil
function Tab:fire(target, name, key, opts)
  local element = self:find(target, opts)
  check_usable(element)
  local brought = (name == "keydown" or name == "keyup") and table.pack(key) or table.pack()
  if not self.triggers:reaches(element, name) then refuse_without_trigger(element, name) end
  self.triggers:dispatch(element, name, brought)
  self.driver.settle()
end

-- Seeing ----------------------------------------------------------------------------------------

---The visible text, white space collapsed. Without a target: of the whole page.
---@param target string|nil
---@param opts { nth: integer, within: string }|nil
---@return string
function Tab:text(target, opts)
  if target == nil then return dom.text((self:render())) end
  local element = self:find(target, opts)
  return dom.is_visible(element) and dom.text(element.children) or ""
end

---What a control holds, as its event would bring it: text, a number or nil, a boolean, a list. For
---a radio button: whether it is chosen.
function Tab:value(target, opts)
  local control = self:find_control(target, opts)
  if controls.type_of(control) == "radio" then return controls.holds(self.edits, control) end
  return controls.value(self.edits, control)
end

---An attribute as the page has it: text, true for one that is present and empty, nil.
function Tab:attr(target, name, opts)
  local v = self:find(target, opts).attrs[name]
  if v == nil or v == true or type(v) == "table" then return v end
  return values.shown(v)
end

---How many elements a target names, hidden ones included.
---@return integer
function Tab:count(target, opts)
  local _, elements = self:render()
  return #dom.find_all(elements, target, checked_options(opts))
end

---@return boolean
function Tab:exists(target, opts)
  return self:count(target, opts) > 0
end

---The page's title.
---@return string
function Tab:title()
  return self.page_title
end

---The public state as plain tables: all states by name, or one.
---@param name string|nil
---@return table
function Tab:state(name)
  local state = self:whole_state()
  if name == nil then return state end
  if state[name] == nil then error(("the tab has no state %q"):format(tostring(name)), 0) end
  return state[name]
end

---One entry for each commit that changed something public: { version =, patch = }.
---@return { version: integer, patch: table }[]
function Tab:deltas()
  return self.link.deltas
end

---The effects so far, in order: { "toast", "Saved", {} }.
---@return table[]
function Tab:effects()
  return self.received_effects
end

---The errors that the host told the page of (protocol, section 3).
---@return table[]
function Tab:errors()
  return self.received_errors
end

---The code with which the host closed the connection; nil: it did not.
---@return integer|nil
function Tab:closed()
  return self.link.code
end

-- The connection --------------------------------------------------------------------------------

---The connection breaks off, as in a tunnel; the page stays.
function Tab:disconnect()
  self.link:drop()
  self.driver.settle()
end

---The page connects again, with its token and version.
function Tab:reconnect()
  if self.link.peer then self.link:drop() end
  self.link:connect(self.path)
  self.driver.settle()
end

---The page is closed by its user.
function Tab:close()
  if self.is_closed then return end
  self.is_closed = true
  self.link:leave()
  self.driver.left(self)
  self.driver.settle()
end

return tab
