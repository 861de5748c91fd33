--- eval.lua: what a page's tree is worth against a state: the host's twin of the browser client.
--
-- `evaluate` gives the value of a dynamic node, `render` a tree of plain elements. Values are plain
-- Lua tables (values.lua). Both sides are held to spec/vectors/eval.json. An environment is
-- { state =, arg =, frame = { as =, value =, pos =, up = } }, with `now` where the clock is not the host's. May use: values, format, unicode, html.

local format = require "tidelock.format"
local html = require "tidelock.html"
local native = require "tidelock.native"
local unicode = require "tidelock.unicode"
local values = require "tidelock.values"

local eval = {}

local null = native.null
local shown, is_true, kind_of = values.shown, values.is_true, values.kind

local function is_dynamic(node)
  return type(node) == "table" and node ~= null and node["$"] ~= nil
end
eval.is_dynamic = is_dynamic

local evaluate

-- Operations ------------------------------------------------------------------------------------

local function arithmetic(fn)
  return function(a, b)
    local x, y = values.to_number(a), values.to_number(b)
    if not x or not y then return nil end
    return values.normal(fn(x + 0.0, y + 0.0))
  end
end

local function division(fn)
  return arithmetic(function(x, y)
    if y == 0 then return math.huge end
    return fn(x, y)
  end)
end

local function order(test)
  return function(a, b)
    local kind = type(a)
    if kind ~= type(b) or (kind ~= "number" and kind ~= "string") then return nil end
    return test(a, b)
  end
end

local function length(v)
  if type(v) == "string" then return utf8.len(v) or #v end
  local kind = kind_of(v)
  if kind == "list" then return #v end
  return kind == "map" and values.count(v) or nil
end

local function list_contains(list, x)
  for _, element in ipairs(list) do
    if values.equal(element, x) then return true end
  end
  return false
end

local function map_contains(map, x)
  local key = values.map_key(x)
  return key ~= nil and map[key] ~= nil
end

local function contains(c, x)
  if type(c) == "string" then return type(x) == "string" and c:find(x, 1, true) ~= nil end
  local kind = kind_of(c)
  if kind == "list" then return list_contains(c, x) end
  if kind == "map" then return map_contains(c, x) end
  return nil
end

local function on_text(fn)
  return function(v)
    if type(v) ~= "string" and type(v) ~= "number" then return nil end
    return fn(shown(v))
  end
end

local function join(list, separator)
  if kind_of(list) ~= "list" then return nil end
  local out = {}
  for i, element in ipairs(list) do out[i] = shown(element) end
  return table.concat(out, shown(separator))
end

local function known(v)
  if v == null then return nil end
  return v
end

local operations = {
  ["+"] = arithmetic(function(x, y) return x + y end),
  ["-"] = arithmetic(function(x, y) return x - y end),
  ["*"] = arithmetic(function(x, y) return x * y end),
  ["/"] = division(function(x, y) return x / y end),
  ["//"] = division(function(x, y) return math.floor(x / y) end),
  ["%"] = division(function(x, y) return x % y end),
  [".."] = function(...)
    local out = table.pack(...)
    for i = 1, out.n do out[i] = shown(out[i]) end
    return table.concat(out)
  end,
  neg = function(a) return arithmetic(function(x, y) return x - y end)(0, a) end,
  len = length,
  length = length,
  ["not"] = function(a) return not is_true(a) end,
  ["and"] = function(a, b) if is_true(a) then return b end return a end,
  ["or"] = function(a, b) if is_true(a) then return a end return b end,
  eq = values.equal,
  ne = function(a, b) return not values.equal(a, b) end,
  lt = order(function(a, b) return a < b end),
  le = order(function(a, b) return a <= b end),
  gt = order(function(a, b) return a > b end),
  ge = order(function(a, b) return a >= b end),
  contains = contains,
  upper = on_text(unicode.upper),
  lower = on_text(unicode.lower),
  trim = on_text(function(text) return text:match "^[ \t\n\v\f\r]*(.-)[ \t\n\v\f\r]*$" end),
  join = join,
  format = function(fmt, ...) return format(fmt, { ... }) end,
  at = values.step,
  default = function(a, b) if values.is_nil(a) then return b end return a end,
  elapsed = function(from, to)
    if type(from) ~= "number" or type(to) ~= "number" then return nil end
    return values.normal(math.max(0.0, (to - from + 0.0) // 1))
  end,
}

local function operate(node, env)
  local operation = operations[node.op]
  if not operation then return nil end
  local args, n = {}, #node.args
  for i = 1, n do args[i] = evaluate(node.args[i], env) end
  return operation(table.unpack(args, 1, n))
end

-- Values of nodes -------------------------------------------------------------------------------

local function frame_of(env, as)
  local frame = env.frame
  while frame and frame.as ~= as do frame = frame.up end
  return frame
end

-- Whether something has read the clock since this was set to false: what was drawn is then right for this second.
eval.timely = false

local readers = {
  clock = function(_, env)
    eval.timely = true
    return env.now or math.floor(native.now())
  end,
  var = function(node, env) return values.walk(env.state, node.path) end,
  item = function(node, env)
    local frame = frame_of(env, node.of)
    return frame and values.walk(frame.value, node.path)
  end,
  pos = function(node, env)
    local frame = frame_of(env, node.of)
    return frame and frame.pos
  end,
  arg = function(node, env) return values.walk(env.arg, node.path) end,
  lit = function(node) return node.value end,
  op = operate,
}

-- The branch that a cond or match takes, as the node that stands there.
local function select_branch(node, env)
  if node["$"] == "cond" then
    if is_true(evaluate(node["if"], env)) then return node["then"] end
    return node["else"]
  end
  local on = evaluate(node.on, env)
  for _, case in ipairs(node.cases) do
    if values.equal(evaluate(case[1], env), on) then return case[2] end
  end
  return node["else"]
end

---The value of a node: a dynamic one, or a scalar, which stands for itself.
---@param node any
---@param env { state: table, arg: any, frame: table|nil }
---@return any value nil for null
function evaluate(node, env)
  while is_dynamic(node) and (node["$"] == "cond" or node["$"] == "match") do node = select_branch(node, env) end
  if not is_dynamic(node) then return known(node) end
  local reader = readers[node["$"]]
  return reader and known(reader(node, env))
end
eval.evaluate = evaluate

-- Attributes ------------------------------------------------------------------------------------

local function class_text(node, env)
  if not is_dynamic(node) or node["$"] ~= "class" then return shown(evaluate(node, env)) end
  local out = {}
  local function add(name)
    if name ~= "" then out[#out + 1] = name end
  end
  for _, name in ipairs(node.names or {}) do add(shown(evaluate(name, env))) end
  local when = node.when or {}
  for _, name in ipairs(values.sorted_keys(when)) do
    if is_true(evaluate(when[name], env)) then add(name) end
  end
  return table.concat(out, " ")
end

local function style_map(node, env)
  local out = {}
  for property, v in pairs(node) do
    local text = shown(evaluate(v, env))
    if text ~= "" then out[property] = text end
  end
  return next(out) and out or nil
end

-- These have three states, and an empty value does not mean "true".
local function spelled_out(name)
  return name == "draggable" or name:sub(1, 5) == "aria-"
end

-- Properties that hold a value rather than a text: the driver compares them, `shown` prints them.
local live = { value = true, checked = true, selected = true }

local function attribute(name, node, env)
  local v = evaluate(node, env)
  if not is_true(v) then return nil end
  if v == true then return not live[name] and spelled_out(name) and "true" or true end
  if live[name] then return v end
  local text = shown(v)
  if html.url_attributes[name] and html.is_unsafe_url(text) then return nil end
  return text
end

local function attributes(attrs, env)
  local out = {}
  for name, node in pairs(attrs) do
    if name == "class" then
      local text = class_text(node, env)
      out.class = text ~= "" and text or nil
    elseif name == "style" then
      out.style = style_map(node, env)
    elseif name ~= "on" then
      out[name] = attribute(name, node, env)
    end
  end
  return out
end

-- The values that the state wants form properties to have, also where it is nil.
local function wants(attrs, env)
  local out = {}
  for name in pairs(live) do
    if attrs[name] ~= nil then
      local v = evaluate(attrs[name], env)
      out[name] = v == nil and null or v
    end
  end
  return out
end

-- Elements --------------------------------------------------------------------------------------

---@class tl.Element
---@field tag string
---@field attrs table<string, any> text, true for present and empty; `value` as it is; `style` a map
---@field wants table<string, any> of value, checked, selected: those that the page decides
---@field on table<string, table[]> triggers, as in the tree
---@field children (tl.Element|string)[]
---@field parent tl.Element|nil
---@field env table where the triggers' arguments are evaluated
---@field id string the same for the same element from one rendering to the next

local render_node

local function render_element(out, node, env, parent, id)
  local element = {
    tag = node[1], attrs = attributes(node[2], env), wants = wants(node[2], env), on = node[2].on or {},
    children = {},
    parent = parent, env = env, id = id,
  }
  for i, child in ipairs(node[3] or {}) do render_node(element.children, child, env, element, id .. "/" .. i) end
  out[#out + 1] = element
end

local function entries(list)
  local kind = kind_of(list)
  local out = {}
  if kind == "list" then
    for i, v in ipairs(list) do out[i] = { i, v } end
  elseif kind == "map" then
    for i, key in ipairs(values.sorted_keys(list)) do out[i] = { key, list[key] } end
  end
  return out
end

-- Two elements with one key are told apart by their order.
local function row_id(node, pos, v, taken)
  local field = pos
  if node.key then field = values.step(v, node.key) end
  local id = values.is_nil(field) and "at " .. shown(pos) or type(field) .. " " .. shown(field)
  while taken[id] do id = id .. " again" end
  taken[id] = true
  return id
end

local function render_foreach(out, node, env, parent, id)
  local taken = {}
  for _, entry in ipairs(entries(evaluate(node["in"], env))) do
    local pos, v = entry[1], entry[2]
    local frame = { as = node.as, value = known(v), pos = pos, up = env.frame }
    local row_env = { state = env.state, frame = frame, now = env.now }
    render_node(out, node.body, row_env, parent, ("%s[%s]"):format(id, row_id(node, pos, v, taken)))
  end
end

function render_node(out, node, env, parent, id)
  if is_dynamic(node) then
    local kind = node["$"]
    if kind == "cond" or kind == "match" then
      local taken = select_branch(node, env)
      -- The branch is part of the id: two branches never share an input.
      local branch = taken == node["then"] and "+" or taken == node["else"] and "-" or tostring(taken)
      return render_node(out, taken, env, parent, id .. branch)
    elseif kind == "frag" then
      for i, child in ipairs(node.children) do render_node(out, child, env, parent, id .. "." .. i) end
      return
    elseif kind == "foreach" then
      return render_foreach(out, node, env, parent, id)
    end
  elseif type(node) == "table" and node ~= null then
    return render_element(out, node, env, parent, id)
  end
  local text = shown(evaluate(node, env))
  if text ~= "" then out[#out + 1] = text end
end

---A tree with a state: its elements and texts, as a browser would show them.
---@param tree any the decoded tree (docs/ui-tree.md)
---@param state table<string, table> the states by name
---@return (tl.Element|string)[]
function eval.render(tree, state)
  local out = {}
  render_node(out, tree, { state = state }, nil, "")
  return out
end

return eval
