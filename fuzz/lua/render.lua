-- render.lua: the input is choices, from which a well-formed tree (docs/ui-tree.md) and a state are made, as JSON. Rendering
-- never raises, whatever the values are; it gives the same each time; texts are UTF-8, numbers are such as a browser has;
-- no address runs code; no two elements have one id.
local dom = require "tidelock.dom"
local eval = require "tidelock.eval"
local html = require "tidelock.html"
local native = require "tidelock.native"
local values = require "tidelock.values"

local bytes, at, nodes

local function choose(n)
  local b = bytes:byte(at) or 0
  at = at + 1
  return b % n + 1
end

local function pick(list) return list[choose(#list)] end

local scalars = {
  "0", "1", "-1", "2.5", "1e21", "1e-7", "9007199254740993", "-0.0", "123456789.125", "true", "false", "null", '""', '"a"', '"12"',
  '" x "', '"straße"', '"\\u0000"', '"%s %d %.2f %x %%"', '"javascript:a"', '" java\\tscript:a"', '"https://x/"', '"0x1F"', '"1e5"',
  '"k"', '"id"', "3", "1e308", "0.1", '"%5d%.f%"',
}
local names = { '"k"', '"id"', '"a"', '"1"', '"$"', '"n"' }

local function value(depth)
  nodes = nodes + 1
  local kind = choose(8)
  if depth == 0 or kind < 5 or nodes > 200 then return pick(scalars) end
  local out = {}
  for i = 1, choose(5) - 1 do
    out[i] = kind < 7 and value(depth - 1) or ("%s:%s"):format(names[i], value(depth - 1))
  end
  return (kind < 7 and "[%s]" or "{%s}"):format(table.concat(out, ","))
end

local operations = {
  "+", "-", "*", "/", "//", "%", "..", "neg", "len", "not", "and", "or", "eq", "ne", "lt", "le", "gt", "ge", "contains", "length",
  "upper", "lower", "trim", "join", "format", "at", "default", "none",
}

local function path(first)
  local out = first
  for _ = 1, choose(4) - 1 do out[#out + 1] = pick { '"k"', '"id"', "1", "2", '"n"', '"1"', "0", "-1" } end
  return "[" .. table.concat(out, ",") .. "]"
end

local dynamic

local function argument(depth)
  if depth > 0 and choose(3) > 1 then return dynamic(depth - 1) end
  return pick(scalars)
end

function dynamic(depth)
  nodes = nodes + 1
  local kind = nodes > 200 and 1 or choose(9)
  if kind == 1 then return ('{"$":"var","path":%s}'):format(path { '"S"', pick { '"k"', '"id"', '"a"' } }) end
  if kind == 2 then return ('{"$":"item","of":%d,"path":%s}'):format(choose(3), path {}) end
  if kind == 3 then return ('{"$":"pos","of":%d}'):format(choose(3)) end
  if kind == 4 then return ('{"$":"lit","value":%s}'):format(value(2)) end
  if kind == 5 then
    return ('{"$":"cond","if":%s,"then":%s,"else":%s}'):format(argument(depth), argument(depth), argument(depth))
  end
  if kind == 6 then
    return ('{"$":"match","on":%s,"cases":[[%s,%s],[%s,%s]]}'):format(
      argument(depth), pick(scalars), argument(depth), argument(depth), argument(depth))
  end
  local args = {}
  for i = 1, choose(4) - 1 do args[i] = argument(depth) end
  return ('{"$":"op","op":"%s","args":[%s]}'):format(pick(operations), table.concat(args, ","))
end

local function attributes(depth)
  local out = {}
  for i, name in ipairs { "href", "value", "title", "draggable", "checked", "class", "style" } do
    if choose(4) == 1 then
      local v = argument(depth)
      if name == "class" then v = ('{"$":"class","names":["x",%s],"when":{"y":%s}}'):format(argument(depth), argument(depth)) end
      if name == "style" then v = ('{"width":%s}'):format(argument(depth)) end
      out[#out + 1] = ('"%s":%s'):format(name, v)
    end
    if i > 3 and at > #bytes then break end
  end
  return "{" .. table.concat(out, ",") .. "}"
end

local tree

local function children(depth)
  local out = {}
  for i = 1, choose(4) - 1 do out[i] = tree(depth - 1) end
  return "[" .. table.concat(out, ",") .. "]"
end

function tree(depth)
  nodes = nodes + 1
  local kind = choose(8)
  if depth == 0 or kind == 1 or nodes > 200 then return pick { '"text"', '""', '"\\n a "' } end
  if kind == 2 then return dynamic(2) end
  if kind == 3 then return ('{"$":"frag","children":%s}'):format(children(depth)) end
  if kind == 4 then
    return ('{"$":"cond","if":%s,"then":%s,"else":%s}'):format(argument(2), tree(depth - 1), tree(depth - 1))
  end
  if kind == 5 then
    local key = choose(2) == 1 and ',"key":"id"' or ""
    return ('{"$":"foreach","in":%s,"as":%d%s,"body":%s}'):format(dynamic(2), choose(3), key, tree(depth - 1))
  end
  return ('["%s",%s,%s]'):format(pick { "p", "a", "input", "div", "option", "details" }, attributes(2), children(depth))
end

-- What must hold --------------------------------------------------------------------------------

local function number_is_right(v)
  if math.type(v) == "float" then return v == v and v ~= math.huge and v ~= -math.huge end
  return true
end

local function check_value(v)
  if type(v) == "string" then return utf8.len(v) ~= nil end
  return type(v) ~= "number" or number_is_right(v)
end

local function check_element(element)
  for name, v in pairs(element.attrs) do
    if type(v) ~= "table" and not check_value(v) then error(("%s is %q"):format(name, v)) end
    if html.url_attributes[name] and type(v) == "string" and html.is_unsafe_url(v) then error("runs code: " .. v) end
  end
end

local function check(rendered)
  local ids = {}
  local function walk(list)
    for _, node in ipairs(list) do
      if type(node) == "string" then
        if node == "" or not utf8.len(node) then error(("the text %q"):format(node)) end
      else
        if ids[node.id] then error("twice: " .. node.id) end
        ids[node.id] = true
        check_element(node)
        walk(node.children)
      end
    end
  end
  walk(rendered)
end

local function written(rendered)
  local out = {}
  local function walk(list)
    for _, node in ipairs(list) do
      if type(node) == "string" then
        out[#out + 1] = node
      else
        out[#out + 1] = ("<%s %s"):format(node.tag, node.id)
        for _, name in ipairs(values.sorted_keys(node.attrs)) do
          local v = node.attrs[name]
          out[#out + 1] = ("%s=%s"):format(name, type(v) == "table" and v ~= native.null and "{}" or tostring(v))
        end
        walk(node.children)
      end
    end
  end
  walk(rendered)
  return table.concat(out, "\n")
end

return function(input)
  bytes, at, nodes = input, 1, 0
  local state = native.json_decode(('{"S":{"k":%s,"id":%s,"a":%s}}'):format(value(3), value(3), value(2)))
  nodes = 0
  local json = tree(4)
  local ui = native.json_decode(json)
  local ok, err = xpcall(function()
    local rendered = eval.render(ui, state)
    check(rendered)
    if not utf8.len(dom.text(rendered)) then error "its text is no text" end
    if written(rendered) ~= written(eval.render(ui, state)) then error "not the same again" end
  end, debug.traceback)
  if not ok then error(("%s\nstate %s\ntree %s"):format(err, native.json_encode(state), json), 0) end
end
