--- tab.lua: a driven page: what it shows, what it hears from the host, what a test sees of it.
--
-- What a test does with it is act.lua's, what befalls its connection network.lua's. May use: act, controls, dom, eval, fire, link,
-- native, network, page, values, where.

local act = require "tidelock.act"
local controls = require "tidelock.controls"
local dom = require "tidelock.dom"
local eval = require "tidelock.eval"
local fire = require "tidelock.fire"
local link = require "tidelock.link"
local native = require "tidelock.native"
local network = require "tidelock.network"
local page = require "tidelock.page"
local values = require "tidelock.values"
local where = require "tidelock.where"

where.register()

---@class tl.Tab
local Tab = {}
Tab.__index = Tab
for _, part in ipairs { act, network } do
  for name, method in pairs(part) do Tab[name] = method end
end

local tab = {}

-- Making ----------------------------------------------------------------------------------------

local function link_of(self, storage, browser)
  return link.new({
    answered = function(ids, failed) self:answered(ids, failed) end,
    effects = function(list)
      for _, effect in ipairs(list) do self:run_effect(effect) end
    end,
    errors = function(list) table.move(list, 1, #list, #self.received_errors + 1, self.received_errors) end,
    changed = function() self:changed() end,
    distrusted = function()
      if self.driver.is_up() then self.link:connect(self.path) end
    end,
  }, storage, browser)
end

local function fire_of(self, now)
  return fire.new {
    state = function() return self:whole_state() end,
    submit = function(handler, args, control) self:send_event(handler, args, control) end,
    effect = function(effect) self:run_effect(effect) end,
    is_live = function() return self.link.live end,
    edits = function() return self.edits end,
    now = now,
  }
end

---@class tl.TabDriver
---@field settle fun()
---@field now fun(): number
---@field is_up fun(): boolean a host is there to connect to
---@field left fun(tab: tl.Tab)
---@field wrote fun(tab: tl.Tab, name: string|nil)
---@field duplicate fun(tab: tl.Tab): tl.Tab

---@param driver tl.TabDriver
---@param path string
---@param storage { cookie: table, local: table, session: table } what the browser keeps; the first two are those of all its tabs
---@param browser string its name
---@param model tl.Tab|nil whose token it brings
---@return tl.Tab
function tab.new(driver, path, storage, browser, model)
  local self = setmetatable({
    driver = driver, asked = {}, received_effects = {}, received_stores = {}, received_errors = {}, functions = {}, history = {},
  }, Tab)
  self.link = link_of(self, storage, browser)
  if model then self.link.token = model.link.token end
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

local mounting = setmetatable({}, { __mode = "k" }) -- tree -> has it one? Trees do not change, and one serves many tabs and orders

local function mounts(tree)
  if type(tree) ~= "table" then return false end
  if mounting[tree] == nil then mounting[tree] = has_mount(tree) end
  return mounting[tree]
end

-- What the host has at a path.
local function fetch(self, path)
  if not self.driver.is_up() then error("the host is down: no page can be fetched from it", 0) end
  return page.lookup(native.app_table(), path)
end

-- Shows the page at a path; the state stays.
function Tab:show(path)
  local entry = fetch(self, path)
  self.path, self.page_title = path, entry.title
  self.status = entry.status
  self.tree = entry.tree
  self.mounts = mounts(entry.tree)
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

-- What pages show in a state, while one test runs in many orders: tree -> state as JSON -> { nodes, elements }. nil: not kept.
local drawn

---Whether what a page shows in a state is kept. For the driver.
---@param on boolean
function tab.keep(on)
  drawn = on and {} or nil
end

-- A <details> that the user opened is noted in its element, which then is no other tab's.
local function draw(self)
  local known = drawn and next(self.opened) == nil and drawn[self.tree]
  if drawn and known == nil then
    known = {}
    drawn[self.tree] = known
  end
  local state = known and self.link.mirror:json()
  if known and known[state] then return known[state][1], known[state][2] end
  eval.timely = false
  local nodes = eval.render(self.tree, self:whole_state())
  local elements = dom.elements(nodes)
  self.drawn_at = eval.timely and math.floor(native.now()) or nil
  if known and not self.drawn_at then known[state] = { nodes, elements } end
  return nodes, elements
end

-- The page's nodes, and its elements in document order.
function Tab:render()
  if not self.rendered or self.drawn_at and self.drawn_at ~= math.floor(native.now()) then
    self.rendered, self.elements = draw(self)
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
  if not (type(opts) == "table" and opts.external) then self:go(path, opts) end
end

-- Only the token and what the browser keeps outlive the page.
function effects.reload(self)
  local before = self.link
  before:leave()
  self.link = link_of(self, before.storage, before.browser)
  self.link.token, self.link.deltas = before.token, before.deltas
  self:show(self.path)
  self.link:connect(self.path)
end

function effects.back(self)
  if #self.history == 0 then return end
  self:move(table.remove(self.history))
end

function effects.call(self, name, event, ...)
  local fn = self.functions[name]
  if not fn then return end
  local result = fn(...)
  if type(event) ~= "table" or event == native.null then return end
  local args = table.move(event.args, 1, #event.args, 1, {})
  args[#args + 1] = result
  self:send_event(event.handler, link.arguments(args, #event.args + 1))
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
  local entries = self.link.storage[kind]
  if v == native.null then v = nil end
  local same = native.json_encode { entries[name] } == native.json_encode { v }
  entries[name] = v
  if kind == "local" and not same then self.driver.wrote(self, name) end
end

-- The vars with sync that another tab of the browser has written; without a name all of them.
function Tab:synced(name)
  local stored = native.stored()
  for key, options in pairs(stored and native.json_decode(stored)["local"] or {}) do
    if options.sync and (key == name or not name) then
      self:send_event(options.sync, link.arguments({ self.link.storage["local"][key] }, 1))
    end
  end
end

function effects.remove_cookie(self, name)
  self.link.storage.cookie[name] = nil
end

function effects.clear_local_storage(self)
  local entries = self.link.storage["local"]
  for name in pairs(entries) do entries[name] = nil end
  self.driver.wrote(self)
end

function Tab:run_effect(effect)
  local kept = effect[1] == "store" and self.received_stores or self.received_effects
  kept[#kept + 1] = effect
  local run = effects[effect[1]]
  if run then run(self, table.unpack(effect, 2)) end
end

---Stands for a function that the app's script registers: tl.call(name, ...) calls it.
---@param name string
---@param fn fun(...): any
function Tab:register(name, fn)
  self.functions[name] = fn
end

function Tab:move(path)
  local before = self.path
  self.triggers:flush()
  self:show(path)
  self.link:submit("nav", { path = path }, before)
end

---Moves to another page of the app, as a link or a redirect does.
---@param path string
---@param opts { replace: boolean }|nil
function Tab:go(path, opts)
  if fetch(self, path).status == 404 then
    error(("there is no page at %q"):format(path), 0)
  end
  if not (opts and opts.replace) then self.history[#self.history + 1] = self.path end
  self:move(path)
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
  return values.shown(eval.evaluate(self.page_title, { state = self:whole_state() }))
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

---The effects so far, in order: { "toast", "Saved", {} }. What vars with `in_client` write is in `tab:storage`.
---@return table[]
function Tab:effects()
  return self.received_effects
end

---The errors that the host told the page of (protocol, section 3).
---@return table[]
function Tab:errors()
  return self.received_errors
end

---What the browser keeps: for "local" and "cookie" of all tabs, for "session" of this one.
---@param kind "local"|"cookie"|"session"
---@return table<string, any> by the names under which it is kept
function Tab:storage(kind)
  local entries = self.link.storage[kind]
  if not entries then error(("tab:storage: \"local\", \"cookie\" or \"session\", not %s"):format(tostring(kind)), 2) end
  return native.copy(entries)
end

---The code with which the host closed the connection; nil: it did not.
---@return integer|nil
function Tab:closed()
  return self.link.code
end

return tab
