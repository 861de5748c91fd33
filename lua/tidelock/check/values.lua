--- values.lua: what the expressions of an app stand for, as far as its text tells. What its lines declare is declare.lua's. May
-- use: declare, html, init.
--
-- A value is a table with a `kind`:
--   tl, ui, lib (tl.json, tl.http)     Tidelock's own tables; `name`, `table`
--   call                               a function of tl or ui; `name`: "tl.state"
--   class, instance                    a state, and a tab's own `self`; `class`
--   mixin                              a mixin; `class`: what its functions' `self` is of
--   var, event                         what a class gives a page; `text`
--   stored                             a value that lies in the state: self.items; `text`
--   background, computed               tl.background(fn), tl.computed(fn); `fn`: the node
--   lock                               tl.lock(self)
--   fn                                 a function of the source; `node`
--   builtin                            one of Lua's; `name`: "table.insert"
--   fields                             a table of the source; `fields`
-- nil: unknown, and nothing is said about it.

local declare = require "tidelock.check.declare"
local html = require "tidelock.html"
local tl = require "tidelock"

---@class check.Class
---@field name string
---@field members table<string, "var"|"computed"|"handler"|"background"|"method">
---@field open boolean|nil whether the text does not tell all members
---@field one string|nil of several states, the name of one

---@class check.Values
---@field classes table<string, check.Class>
---@field files table[] { path =, tree = }, main.lua first
---@field modules table<string, table> name -> file
---@field loaded boolean whether `classes` comes from the app itself, and is whole
---@field users table<string, table<string, true>> names of the states that use a mixin, by the place where it is made
---@field problem { path: string, line: integer }|nil why it did not load
local Values = {}
Values.__index = Values
for name, method in pairs(declare) do Values[name] = method end

local function constant(node)
  return node and node.tag == "String" and node.value or nil
end

-- Names -----------------------------------------------------------------------------------------

-- A name stands for one expression, when it is given that and nothing else.
local function only_expression(binding)
  if binding.assigned == 0 then return binding.init end
  if binding.assigned == 1 and not binding.init and not binding.param and not binding.loop then return binding.single end
end

function Values:of_binding(binding)
  if binding.value ~= nil then return binding.assigned == 0 and binding.value or nil end
  local expression = only_expression(binding)
  if not expression or binding.busy then return nil end
  binding.busy = true
  local value = self:of(expression)
  binding.busy = nil
  return value
end

function Values:of_global(name)
  local binding = self.globals[name]
  if binding then return self:of_binding(binding) end
  if _G[name] ~= nil then return { kind = "builtin", name = name } end
end

-- Members ---------------------------------------------------------------------------------------

local libs = { ["tl.json"] = tl.json, ["tl.http"] = tl.http, ["tl.kit"] = tl.kit }

local function of_tidelock(name)
  local full = "tl." .. name
  if name == "ui" then return { kind = "ui" } end
  if name == "my_tasks" then return { kind = "var", text = full } end
  if libs[full] then return { kind = "lib", name = full, table = libs[full] } end
  return { kind = "call", name = full }
end

local function of_class(class, name)
  local member, text = class.members[name], class.name .. "." .. name
  if member == "var" or member == "computed" then return { kind = "var", text = text, class = class, member = name } end
  if member == "handler" or member == "background" then return { kind = "event", text = text } end
end

local function of_instance(value, name)
  local member = value.class.members[name]
  if member == "var" or member == "computed" then return { kind = "stored", text = "self." .. name } end
end

local by_name = {
  tl = function(_, name) return of_tidelock(name) end,
  ui = function(_, name) return { kind = "call", name = "ui." .. name } end,
  class = function(object, name) return of_class(object.class, name) end,
  instance = of_instance,
  builtin = function(object, name) return { kind = "builtin", name = object.name .. "." .. name } end,
  fields = function(object, name) return object.fields[name] end,
}

function Values:of_index(node)
  local object = self:of(node.object)
  if not object then return nil end
  if object.kind == "var" then return { kind = "var", text = object.text } end
  if object.kind == "stored" then return object end
  local name = constant(node.key)
  return name and by_name[object.kind] and by_name[object.kind](object, name) or nil
end

-- Calls -----------------------------------------------------------------------------------------

-- The class with a name of the source. Without the app's own word: as the text declares it.
function Values:class(name)
  if not name then return nil end
  if not self.classes[name] and not self.loaded then self.classes[name] = { name = name, members = {} } end
  return self.classes[name]
end

-- A state, or its name.
function Values:class_argument(node)
  local value = node and self:of(node)
  local class = value and value.kind == "class" and value.class or self.classes[constant(node)]
  return class and { kind = "instance", class = class } or nil
end

local calls = {}

calls["tl.state"] = function(self, args)
  local class = self:class(constant(args[1]))
  return class and { kind = "class", class = class } or nil
end
calls["tl.background"] = function(_, args) return { kind = "background", fn = args[1] } end
calls["tl.computed"] = function(_, args) return { kind = "computed", fn = args[1] } end
calls["tl.lock"] = function() return { kind = "lock" } end
calls["ui.cond"] = function() return { kind = "var", text = "ui.cond(...)" } end
calls["ui.match"] = function() return { kind = "var", text = "ui.match(...)" } end

calls["tl.mixin"] = function(_, _, node) return node.mixin and { kind = "mixin", class = node.mixin } or nil end

function Values:of_require(name)
  if name == "tidelock" then return { kind = "tl" } end
  local file = self.modules[name]
  local last = file and file.tree.body[#file.tree.body]
  if not last or last.tag ~= "Return" or #last.values ~= 1 or file.busy then return nil end
  file.busy = true
  local value = self:of(last.values[1])
  file.busy = nil
  return value
end

function Values:of_call(node)
  local fn = self:of(node.fn)
  if not fn then return nil end
  if fn.kind == "call" then return calls[fn.name] and calls[fn.name](self, node.args, node) end
  if fn.kind == "var" then return { kind = "var", text = fn.text } end
  if fn.kind == "event" then return fn end
  if fn.kind == "builtin" and fn.name == "require" then return self:of_require(constant(node.args[1])) end
end

function Values:of_method(node)
  local object = self:of(node.object)
  if not object then return nil end
  if object.kind == "var" then return { kind = "var", text = object.text } end
  if object.kind == "class" and node.name == "setter" then return { kind = "event", text = object.class.name .. ":setter(...)", setter = true } end
  if object.kind == "instance" and node.name == "get_state" then return self:class_argument(node.args[1]) end
end

-- Other expressions -----------------------------------------------------------------------------

local makes_var = { ["+"] = true, ["-"] = true, ["*"] = true, ["/"] = true, ["//"] = true, ["%"] = true, [".."] = true, ["&"] = true,
  ["|"] = true }

local readers = {
  Index = Values.of_index,
  Call = Values.of_call,
  Method = Values.of_method,
}

function readers.Name(self, node)
  if node.binding then return self:of_binding(node.binding) end
  return self:of_global(node.name)
end

function readers.Paren(self, node) return self:of(node.inner) end

function readers.Function(_, node) return { kind = "fn", node = node } end

function readers.Unary(self, node)
  local value = node.op ~= "not" and self:of(node.operand)
  return value and value.kind == "var" and { kind = "var", text = node.op .. value.text } or nil
end

function readers.Binary(self, node)
  if not makes_var[node.op] then return nil end
  for _, side in ipairs { node.left, node.right } do
    local value = self:of(side)
    if value and value.kind == "var" then return { kind = "var", text = "(" .. value.text .. " " .. node.op .. " ...)" } end
  end
end

function readers.Table(self, node)
  local fields = {}
  for _, item in ipairs(node.items) do
    local name = constant(item.key)
    if name then fields[name] = self:of(item.value) end
  end
  return { kind = "fields", fields = fields }
end

---What an expression stands for, or nil.
function Values:of(node)
  if node.value_known then return node.stands_for end
  local reader = readers[node.tag]
  local value = reader and reader(self, node) or nil
  if self.sealed then node.value_known, node.stands_for = true, value end
  return value
end

-- Names that may stand where a global is read.
local function all_globals(files)
  local out = {}
  for _, file in ipairs(files) do
    for name, binding in pairs(file.tree.globals) do
      local known = out[name]
      if known then known.assigned = known.assigned + binding.assigned else out[name] = binding end
    end
  end
  return out
end

local values = {}

---Whether `ui.<name>` is there.
function values.is_ui(name)
  return rawget(tl.ui, name) ~= nil or html.tags[name] or html.head_tags[name] or html.refused[name] and true or name == "var"
end

---Learns what the sources of an app declare.
---@param sources { files: table[], modules: table<string, table> }
---@param declared { classes: table<string, check.Class>, users: table }|nil by the app itself; nil when it did not load
---@param problem { path: string, line: integer }|nil why not
---@return check.Values
function values.new(sources, declared, problem)
  local self = setmetatable({
    files = sources.files, modules = sources.modules, loaded = declared ~= nil, problem = problem,
    classes = declared and declared.classes or {}, users = declared and declared.users or {},
  }, Values)
  self.globals = all_globals(sources.files)
  self:learn()
  return self
end

values.constant = constant

return values
