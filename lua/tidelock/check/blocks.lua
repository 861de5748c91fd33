--- blocks.lua: finds writes of a background task outside of its blocks, blocks inside blocks, and sleeps that keep the lock, where
-- the text shows them. May use: syntax.
--
-- The state of a place is "outside" (a background task, no lock held), "inside" (a block), or nil: the text does not tell.

local syntax = require "tidelock.check.syntax"

local blocks = {}

local WAY_OUT <const> = "outside of a block, which raises ImmutableStateError; write it in tl.with_state(self, function() ... end)"

local Walk = {}
Walk.__index = Walk

-- "self.items[...]", when the expression lies in the state.
local function place(known, node)
  local object = node.tag == "Index" and known:of(node.object)
  if not object then return nil end
  if object.kind == "stored" then return object.text .. "[...]" end
  if object.kind == "instance" then
    return "self." .. (node.key.tag == "String" and node.key.value or "[...]")
  end
end

function Walk:written(at, text)
  if self.state == "outside" then self.report(at, ("%s is written %s"):format(text, WAY_OUT)) end
end

local function stored(known, node)
  local value = node and known:of(node)
  return value and value.kind == "stored" and value or nil
end

-- Functions that a call runs --------------------------------------------------------------------

-- In the same coroutine, before the call returns.
local runs_here = { pcall = 1, xpcall = 1, ["tl.timeout"] = 2, ["tl.every"] = 2, ["tl.retry"] = 2 }
-- In coroutines of their own, which hold no lock.
local runs_apart = { ["tl.gather"] = true, ["tl.race"] = true, ["tl.spawn"] = true }

local function mark(node, state)
  if node and node.tag == "Function" and not node.state then node.state = state end
end

function Walk:mark_arguments(name, args)
  if runs_apart[name] then
    for _, arg in ipairs(args) do mark(arg, "outside") end
  elseif runs_here[name] then
    mark(args[runs_here[name]], self.state)
  elseif name == "tl.defer" and self.state == "outside" then
    mark(args[1], "outside")
  end
end

-- Calls -----------------------------------------------------------------------------------------

local function enter_again(self, node)
  if self.state == "inside" then
    self.report(node, "a block inside of a block raises ImmutableStateError; the outer one holds the lock already, so write here at once")
  end
end

local writers = { ["table.insert"] = 1, ["table.remove"] = 1, ["table.sort"] = 1 }

local calls = {}

calls["tl.with_state"] = enter_again
calls["tl.lock"] = enter_again
calls["tl.modify_state"] = enter_again

calls["tl.sleep"] = function(self, node)
  if self.state == "inside" then
    self.warn(node, "tl.sleep inside of a block keeps the tab's lock, so its buttons wait as long; sleep between two blocks")
  end
end

calls["tl.append"] = function(self, node)
  local target = node.args[1] and self.known:of(node.args[1])
  if target and target.kind == "instance" then self:written(node, "self." .. (node.args[2] and node.args[2].value or "[...]")) end
  if target and target.kind == "stored" then self:written(node, target.text .. "[...]") end
end

calls["table.move"] = function(self, node)
  local target = stored(self.known, node.args[5] or node.args[1])
  if target then self:written(node, target.text) end
end

local visit = {}

function visit.Call(self, node)
  local fn = self.known:of(node.fn)
  local inner = node.fn.tag == "Paren" and node.fn.inner or node.fn
  if inner.tag == "Function" then mark(inner, self.state) end
  local name = fn and (fn.kind == "call" or fn.kind == "builtin") and fn.name
  if not name then return end
  self:mark_arguments(name, node.args)
  if calls[name] then calls[name](self, node) end
  local target = writers[name] and stored(self.known, node.args[1])
  if target then self:written(node, target.text) end
end

local list_writers = { push = true, insert = true, remove = true, sort = true, clear = true }

function visit.Method(self, node)
  local object = self.known:of(node.object)
  if not object then return end
  if object.kind == "instance" and node.name == "with_state" then enter_again(self, node) end
  if object.kind == "instance" and node.name == "reset" then self:written(node, "all of self (by reset)") end
  if object.kind == "stored" and list_writers[node.name] then self:written(node, object.text) end
end

function visit.Assign(self, node)
  for _, target in ipairs(node.targets) do
    local text = not target.declares and place(self.known, target)
    if text then self:written(target.tag == "Index" and target.key.line and target.key or target, text) end
  end
end

-- Places ----------------------------------------------------------------------------------------

local function locks(known, node)
  if node.tag ~= "Local" or #node.names ~= 1 or node.names[1].attrib ~= "close" then return false end
  local value = node.values[1] and known:of(node.values[1])
  return value ~= nil and value.kind == "lock"
end

-- `local _ <close> = tl.lock(self)` holds for the rest of its block.
function Walk:block(list)
  local before = self.state
  for _, statement in ipairs(list) do
    self:go(statement)
    if locks(self.known, statement) then self.state = "inside" end
  end
  self.state = before
end

function Walk:fn(node)
  local before = self.state
  self.state = node.role == "background" and "outside" or node.state
  self:block(node.body)
  self.state = before
end

function Walk:go(node)
  if node.tag == "Function" then return self:fn(node) end
  if visit[node.tag] then visit[node.tag](self, node) end
  for _, field in ipairs(syntax.children[node.tag]) do
    local child = node[field]
    if child and field == "body" then
      self:block(child)
    elseif child and child.tag then
      self:go(child)
    else
      for _, each in ipairs(child or {}) do self:go(each) end
    end
  end
end

---@param known check.Values
---@param report fun(at: table, message: string)
---@param file { path: string, tree: table }
---@param warn fun(at: table, message: string)
function blocks.check(known, report, file, warn)
  setmetatable({ known = known, report = report, warn = warn }, Walk):block(file.tree.body)
end

return blocks
