--- tree.lua: a page's nodes in the form of docs/ui-tree.md, and what the host has to know of them.
--
-- Walks the nodes that ui.lua made, gives each foreach its number, and collects the handlers that
-- the page offers and the keys by which lists are told apart. May use: kinds, where, values, var, native.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local values = require "tidelock.values"
local var = require "tidelock.var"
local where = require "tidelock.where"

where.register()

local tree = {}

---@class tl.Walk
---@field loops table<table, { number: integer, path: string[]|nil }> the foreach nodes that enclose this place
---@field count integer the foreach nodes so far
---@field offers string[] handler names, each once, as they came
---@field hints { path: string[], key: string }[]
---@field place string where the innermost element was made

local wire

local function copied(list)
  return native.list(table.move(list, 1, #list, 1, {}))
end

local function loop_number(walk, node)
  local loop = walk.loops[node.of]
  if not loop then
    where.fail_at(walk.place, "an element of the ui.foreach at %s is used outside of it", node.of.where or "?")
  end
  return loop.number
end

-- Dynamic nodes ---------------------------------------------------------------------------------

local function each(walk, list)
  local out = {}
  for i, v in ipairs(list) do out[i] = wire(walk, v) end
  return native.list(out)
end

local dynamic = {
  var = function(_, node) return { ["$"] = "var", path = copied(node.path) } end,
  item = function(walk, node) return { ["$"] = "item", of = loop_number(walk, node), path = copied(node.path) } end,
  pos = function(walk, node) return { ["$"] = "pos", of = loop_number(walk, node) } end,
  arg = function(_, node) return { ["$"] = "arg", path = copied(node.path) } end,
  lit = function(_, node) return node end,
  op = function(walk, node) return { ["$"] = "op", op = node.op, args = each(walk, node.args) } end,
  cond = function(walk, node)
    return {
      ["$"] = "cond", ["if"] = wire(walk, node["if"]),
      ["then"] = wire(walk, node["then"]), ["else"] = wire(walk, node["else"]),
    }
  end,
  match = function(walk, node)
    local cases = {}
    for i, case in ipairs(node.cases) do cases[i] = native.list { case[1], wire(walk, case[2]) } end
    return {
      ["$"] = "match", on = wire(walk, node.on), cases = native.list(cases), ["else"] = wire(walk, node["else"]),
    }
  end,
}

-- Attributes and triggers -----------------------------------------------------------------------

local function wire_map(walk, map)
  local out = {}
  for key, v in pairs(map) do out[key] = wire(walk, v) end
  return native.map(out)
end

local function wire_attribute(walk, name, v)
  if name == "style" then return wire_map(walk, v) end
  if type(v) == "table" and v["$"] == "class" then
    return { ["$"] = "class", names = each(walk, v.names), when = wire_map(walk, v.when) }
  end
  return wire(walk, v)
end

local function offer(walk, handler)
  if walk.offers[handler] then return end
  walk.offers[handler] = true
  walk.offers[#walk.offers + 1] = handler
end

local function wire_effect(walk, effect)
  local out = {}
  for i, part in ipairs(effect) do
    out[i] = native.kind(part) == "map" and part["$"] == nil and wire_map(walk, part) or wire(walk, part)
  end
  return native.list(out)
end

local function wire_entry(walk, entry)
  if entry.effect then return { effect = wire_effect(walk, entry.effect), opts = entry.opts } end
  offer(walk, entry.handler)
  return { handler = entry.handler, args = each(walk, entry.args), opts = entry.opts }
end

local function wire_triggers(walk, on)
  local out = {}
  for name, entries in pairs(on) do
    local list = {}
    for i, entry in ipairs(entries) do list[i] = wire_entry(walk, entry) end
    out[name] = native.list(list)
  end
  return native.map(out)
end

-- Nodes -----------------------------------------------------------------------------------------

local forms = {}

function forms.element(walk, node)
  local attributes = {}
  for name, v in pairs(node.attrs) do attributes[name] = wire_attribute(walk, name, v) end
  if next(node.on) then attributes.on = wire_triggers(walk, node.on) end
  return native.list { node.tag, native.map(attributes), each(walk, node.children) }
end

function forms.frag(walk, node)
  return { ["$"] = "frag", children = each(walk, node.children) }
end

-- The way through the state to the lists of a loop; "*" stands for "each element".
local function list_path(walk, node)
  local path
  if node["$"] == "var" then
    path = {}
  elseif node["$"] == "item" and walk.loops[node.of].path then
    path = table.move(walk.loops[node.of].path, 1, #walk.loops[node.of].path, 1, {})
    path[#path + 1] = "*"
  else
    return nil
  end
  for _, step in ipairs(node.path) do path[#path + 1] = type(step) == "string" and step or "*" end
  return path
end

function forms.foreach(walk, node)
  walk.count = walk.count + 1
  local list = wire(walk, node.list)
  local loop = { number = walk.count, path = list_path(walk, node.list) }
  if node.key and loop.path then walk.hints[#walk.hints + 1] = { path = loop.path, key = node.key } end
  walk.loops[node] = loop
  local body = wire(walk, node.body)
  walk.loops[node] = nil
  return { ["$"] = "foreach", ["in"] = list, as = loop.number, key = node.key, body = body }
end

-- Scalars and marked literals stand for themselves.
function wire(walk, v)
  local kind = kinds.of(v)
  if kind == "var" then return wire(walk, var.node(v)) end
  if kind == "node" then
    local outer = walk.place
    walk.place = v.where
    local out = forms[v.form](walk, v)
    walk.place = outer
    return out
  end
  if type(v) == "table" and not rawequal(v, native.null) and dynamic[v["$"]] then return dynamic[v["$"]](walk, v) end
  return v
end

---The wire's form of a node.
---@param node tl.Node|tl.Var|string
---@return any tree plain tables, with native.list and native.map marks
---@return string[] offers names of the handlers that its triggers reach
---@return { path: string[], key: string }[] hints keys of its lists; "*" in a path is any element
function tree.build(node)
  local walk = { loops = {}, count = 0, offers = {}, hints = {}, place = "?" }
  local out = wire(walk, node)
  local offers = table.move(walk.offers, 1, #walk.offers, 1, {})
  return out, offers, walk.hints
end

-- JSON ------------------------------------------------------------------------------------------

-- A list's or map's text. Written here and not by the host's writer, whose depth is a state's, and a
-- tree's elements take two levels each.
local function json(out, v)
  if type(v) ~= "table" or rawequal(v, native.null) then
    out[#out + 1] = native.json_encode(v)
    return
  end
  local is_list = values.kind(v) == "list"
  out[#out + 1] = is_list and "[" or "{"
  for i, key in ipairs(is_list and v or values.sorted_keys(v)) do
    if i > 1 then out[#out + 1] = "," end
    if not is_list then out[#out + 1] = native.json_encode(key) .. ":" end
    json(out, is_list and key or v[key])
  end
  out[#out + 1] = is_list and "]" or "}"
end

---A tree as JSON text.
---@param built any as `tree.build` gives it
---@return string
function tree.json(built)
  local out = {}
  json(out, built)
  return table.concat(out)
end

return tree
