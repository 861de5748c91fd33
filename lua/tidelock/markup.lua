--- markup.lua: rendered elements as HTML text, which a page is served with and its client then takes over.
--
-- Triggers are not in it, nor are styles, which the page's policy would refuse; the client sets both. A control has the
-- value that the client gives it. May use: controls, html, values.

local controls = require "tidelock.controls"
local html = require "tidelock.html"
local values = require "tidelock.values"

local markup = {}

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["\r"] = "&#13;" }

---@param text string
---@return string
function markup.escaped(text)
  return (text:gsub('[&<>"\r]', escapes))
end

---The attributes of an element as they stand in its tag, in byte order; each begins with a space.
---@param attrs table<string, any> true: present and empty; tables are left out
---@return string
function markup.attributes(attrs)
  local out = {}
  for _, name in ipairs(values.sorted_keys(attrs)) do
    local v = attrs[name]
    if v == true then
      out[#out + 1] = " " .. name
    elseif type(v) ~= "table" then
      out[#out + 1] = (' %s="%s"'):format(name, markup.escaped(values.shown(v)))
    end
  end
  return table.concat(out)
end

local write

local function write_all(out, nodes)
  for _, node in ipairs(nodes) do write(out, node) end
end

-- The options that a select shows, where the select itself says which.
local function choose_options(select)
  local chosen, wanted = {}, controls.wanted(select)
  for _, value in ipairs(type(wanted) == "table" and wanted or { wanted }) do chosen[value] = true end
  for _, option in ipairs(controls.options(select)) do option.element.attrs.selected = chosen[option.value] end
  select.attrs.value = nil
end

---What stands between the tags instead of the children, where a control's value does.
local before = {
  select = function(element)
    if element.wants.value ~= nil then choose_options(element) end
  end,
  textarea = function(element)
    if element.wants.value == nil then return end
    element.children = { controls.wanted(element) }
    element.attrs.value = nil
  end,
}

-- A parser swallows a line's end that follows these tags.
local swallows = { pre = true, textarea = true, listing = true }

function write(out, node)
  if type(node) == "string" then
    out[#out + 1] = markup.escaped(node)
    return
  end
  if before[node.tag] then before[node.tag](node) end
  out[#out + 1] = ("<%s%s>"):format(node.tag, markup.attributes(node.attrs))
  if html.void[node.tag] then return end
  local first = node.children[1]
  if swallows[node.tag] and type(first) == "string" and first:sub(1, 1) == "\n" then out[#out + 1] = "\n" end
  write_all(out, node.children)
  out[#out + 1] = ("</%s>"):format(node.tag)
end

---The HTML of what `eval.render` gave, whose elements it may change.
---@param nodes (tl.Element|string)[]
---@return string
function markup.html(nodes)
  local out = {}
  write_all(out, nodes)
  return table.concat(out)
end

return markup
