--- declare.lua: what the lines of an app declare: members of its states, and what the parameters of functions are. Its functions are
-- methods of values.lua's Values. May use: syntax.

local syntax = require "tidelock.check.syntax"

local Declare = {}

local function constant(node)
  return node and node.tag == "String" and node.value or nil
end

---Says what a parameter is. Two that differ make it unknown.
function Declare:give(binding, value)
  if not binding or not value then return end
  local known = binding.value
  if known and (known.kind ~= value.kind or known.class ~= value.class) then value = false end
  if known == nil or value == false then binding.value = value end
end

-- The function of the source that an expression is. One that has a name and is used elsewhere, too, may be called there with other things.
function Declare:function_of(node)
  if not node or node.tag == "Name" and not (node.binding and node.binding.uses == 1) then return nil end
  local value = self:of(node)
  if not value then return nil end
  if value.kind == "background" or value.kind == "computed" then return self:function_of(value.fn) end
  return value.kind == "fn" and value.node or nil
end

local members = { fn = "handler", background = "background", computed = "computed", event = "handler" }

-- The first parameter of a member's function is an instance.
function Declare:give_self(class, node)
  local value, fn = node and self:of(node), self:function_of(node)
  if not fn then return end
  self:give(fn.params[1], { kind = "instance", class = class })
  fn.role = fn.role or members[value.kind]
end

-- What `Job.x = value` declares.
function Declare:declare_member(class, target, node)
  local name, value = constant(target.key), node and self:of(node)
  if not name then
    class.open = true
    return
  end
  local kind = value and members[value.kind]
  if not self.loaded then class.members[name] = kind and (kind == "handler" and name:sub(1, 1) == "_" and "method" or kind) or "handler" end
  self.definitions[#self.definitions + 1] = { class = class, name = name, node = target.key, file = self.file }
  self:give_self(class, node)
end

function Declare:declare_assignment(node)
  for i, target in ipairs(node.targets) do
    local object = target.tag == "Index" and self:of(target.object)
    if object and object.kind == "class" then
      target.declares = true
      self:declare_member(object.class, target, node.values[i])
    elseif object and object.kind == "mixin" then
      target.declares = true
      self:give_self(object.class, node.values[i])
    end
  end
end

local function declare_fields(class, table)
  if not table or table.tag ~= "Table" then
    class.open = table ~= nil
    return
  end
  for _, item in ipairs(table.items) do
    local name = constant(item.key)
    if name then class.members[name] = "var" else class.open = true end
  end
end

-- A block's function: its parameter is what is entered.
function Declare:enter(fn_node, entered)
  local fn = self:function_of(fn_node)
  if not fn then return end
  self:give(fn.params[1], entered)
  fn.state = "inside"
end

local declare_calls = {}

-- What the text says of extends; mixins are not followed.
local function declare_options(self, class, table)
  class.open = class.open or table.tag ~= "Table"
  for _, item in ipairs(table.items or {}) do
    local name, value = constant(item.key), self:of(item.value)
    local base = name == "extends" and value and value.kind == "class" and value.class
    if base and base ~= class then setmetatable(class.members, { __index = base.members }) end
    class.open = class.open or not base or base.open
  end
end

declare_calls["tl.state"] = function(self, node)
  local class = self:class(constant(node.args[1]))
  if not class or self.loaded then return end
  declare_fields(class, node.args[2])
  if node.args[3] then declare_options(self, class, node.args[3]) end
end

-- Has all that any of these states has; what they have as different things may be any of them.
local function union(classes, names)
  table.sort(names)
  if #names == 1 then return classes[names[1]] end
  local all = { name = table.concat(names, ", "), one = names[1], members = {}, open = #names == 0 }
  for _, name in ipairs(names) do
    for member, kind in pairs(classes[name].members) do
      local known = all.members[member]
      all.members[member] = (known == nil or known == kind) and kind or "mixed"
    end
  end
  return all
end

-- Long paths stand in places with their ends only.
local function is_at(place, path, line)
  local text = ("%s:%d"):format(path, line)
  local tail = place:match "^%.%.%.(.*)$"
  return place == text or tail ~= nil and text:sub(-#tail) == tail
end

-- What `self` is in a mixin's functions: the states that use it tell, which know what they have besides.
function Declare:class_of_mixin(node)
  local names = {}
  for place, users in pairs(self.users) do
    if is_at(place, self.file.path, node.line) then
      for name in pairs(users) do names[#names + 1] = name end
    end
  end
  return union(self.classes, names)
end

declare_calls["tl.mixin"] = function(self, node)
  node.mixin = node.mixin or self:class_of_mixin(node)
  local content = node.args[1]
  for _, item in ipairs(content and content.tag == "Table" and content.items or {}) do
    if constant(item.key) then self:give_self(node.mixin, item.value) end
  end
end

declare_calls["tl.with_state"] = function(self, node) self:enter(node.args[2], node.args[1] and self:of(node.args[1])) end
declare_calls["tl.modify_state"] = function(self, node) self:enter(node.args[3], self:class_argument(node.args[2])) end
declare_calls["ui.foreach"] = function(self, node)
  local list, fn = node.args[1] and self:of(node.args[1]), self:function_of(node.args[2])
  if not fn or not list or list.kind ~= "var" then return end
  for _, param in ipairs(fn.params) do self:give(param, { kind = "var", text = param.name }) end
end

function Declare:declare_call(node)
  local fn = self:of(node.fn)
  if not fn or fn.kind ~= "call" then return end
  if declare_calls[fn.name] then declare_calls[fn.name](self, node) end
  if fn.name:find "^ui%." then self:declare_triggers(node.args[1]) end
end

-- on_change = function(arg): the argument is a Var.
function Declare:declare_triggers(content)
  for _, item in ipairs(content and content.tag == "Table" and content.items or {}) do
    local name, value = constant(item.key), item.value
    if name and name:find "^on_" and value.tag == "Function" and value.params[1] then
      self:give(value.params[1], { kind = "var", text = value.params[1].name })
    end
  end
end

function Declare:declare_method(node)
  local object = self:of(node.object)
  if not object then return end
  if node.name == "with_state" and object.kind == "instance" then
    self:enter(node.args[1], object)
  elseif node.name == "setter" and object.kind == "class" and not self.loaded and constant(node.args[1]) then
    object.class.members["set_" .. constant(node.args[1])] = "handler"
  end
end

local declare = {
  Assign = Declare.declare_assignment,
  Call = Declare.declare_call,
  Method = Declare.declare_method,
}

-- A state or a function may be named before the place that says what it is, so twice.
function Declare:learn()
  for _ = 1, 2 do
    self.definitions = {}
    for i = #self.files, 1, -1 do -- what main.lua requires comes before it
      self.file = self.files[i]
      syntax.walk(self.file.tree.body, function(node)
        if declare[node.tag] then declare[node.tag](self, node) end
      end)
    end
  end
  self.sealed = true
end

return Declare
