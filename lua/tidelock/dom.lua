--- dom.lua: what a person sees of rendered elements, and how a test names them.
--
-- May use: select, values, where.

local select = require "tidelock.select"
local values = require "tidelock.values"
local where = require "tidelock.where"

where.register()

local dom = {}

local function set(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

local block = set [[
  address article aside blockquote br caption dd details dialog div dl dt fieldset figcaption figure
  footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol option p pre search
  section summary table tbody td tfoot th thead tr ul
]]

local unseen = set "audio canvas datalist iframe input noscript object template textarea video"

-- Walking ---------------------------------------------------------------------------------------

---All elements in document order.
---@param nodes (tl.Element|string)[]
---@return tl.Element[]
function dom.elements(nodes)
  local out = {}
  local function walk(list)
    for _, node in ipairs(list) do
      if type(node) == "table" then
        out[#out + 1] = node
        walk(node.children)
      end
    end
  end
  walk(nodes)
  return out
end

---The nearest element, from this one upwards, that passes.
---@param element tl.Element|nil
---@param test fun(element: tl.Element): boolean
---@return tl.Element|nil
function dom.closest(element, test)
  while element and not test(element) do element = element.parent end
  return element
end

function dom.is_inside(element, outer)
  return dom.closest(element, function(e) return e == outer end) ~= nil
end

-- Seen and usable -------------------------------------------------------------------------------

local function in_closed_details(element)
  local parent = element.parent
  return parent and parent.tag == "details" and not parent.attrs.open and element.tag ~= "summary"
end

local function hides(element)
  local style = element.attrs.style or {}
  return element.attrs.hidden or style.display == "none" or style.visibility == "hidden"
    or (element.tag == "dialog" and not element.attrs.open)
    or (element.tag == "input" and element.attrs.type == "hidden")
    or element.tag == "template" or element.tag == "datalist" or in_closed_details(element)
end

---@return boolean
function dom.is_visible(element)
  return dom.closest(element, hides) == nil
end

local can_be_disabled = set "button input select textarea option optgroup fieldset"

---@return boolean
function dom.is_disabled(element)
  return dom.closest(element, function(e)
    if e.attrs.inert then return true end
    return e.attrs.disabled ~= nil and can_be_disabled[e.tag] and (e == element or e.tag == "fieldset")
  end) ~= nil
end

-- Text ------------------------------------------------------------------------------------------

local function add_text(out, nodes, but)
  for _, node in ipairs(nodes) do
    if type(node) == "string" then
      out[#out + 1] = node
    elseif not unseen[node.tag] and node.tag ~= but and not hides(node) then
      if block[node.tag] then out[#out + 1] = " " end
      add_text(out, node.children, but)
      if block[node.tag] then out[#out + 1] = " " end
    end
  end
end

---The visible text of nodes, white space collapsed.
---@param nodes (tl.Element|string)[]
---@param but string|nil a tag whose text is left out
---@return string
function dom.text(nodes, but)
  local out = {}
  add_text(out, nodes, but)
  return (table.concat(out):gsub("[ \t\n\v\f\r]+", " "):gsub("^ ", ""):gsub(" $", ""))
end

---An element in a line, for messages.
---@return string
function dom.describe(element)
  local attrs = {}
  for _, name in ipairs { "id", "class", "name", "type", "aria-label" } do
    local v = element.attrs[name]
    if v then attrs[#attrs + 1] = (' %s="%s"'):format(name, values.shown(v)) end
  end
  local text = dom.text(element.children)
  if #text > 40 then text = text:sub(1, (utf8.offset(text, 0, 38) or 38) - 1) .. "..." end
  return ("<%s%s>%s"):format(element.tag, table.concat(attrs), text)
end

-- Targets ---------------------------------------------------------------------------------------

local button_types = set "submit button reset"

-- The text by which a person would name it, for what can be named.
local function name_of(element)
  if element.tag == "input" and button_types[element.attrs.type or ""] then return values.shown(element.attrs.value) end
  if element.tag == "label" then return dom.text(element.children, "select") end -- what can be chosen is no part of its name
  if element.tag == "button" or element.tag == "a" or element.tag == "summary" then return dom.text(element.children) end
end

local labelled = set "button a summary input select textarea"

-- The name that stands nowhere to be read, but is told: a screen reader says it.
local function told_name(element)
  return labelled[element.tag] and element.attrs["aria-label"] or nil
end

local function filtered(elements, test)
  local out = {}
  for _, element in ipairs(elements) do
    if test(element) then out[#out + 1] = element end
  end
  return out
end

-- What can be read goes before what is told.
local function by_name(elements, text)
  for _, name in ipairs { name_of, told_name } do
    local found = filtered(elements, function(element) return name(element) == text and dom.is_visible(element) end)
    if #found > 0 then return found end
  end
  return {}
end

local function union(elements, a, b)
  local wanted = {}
  for _, element in ipairs(a) do wanted[element] = true end
  for _, element in ipairs(b) do wanted[element] = true end
  return filtered(elements, function(element) return wanted[element] end)
end

---All elements that a target names: by visible text of a button, link, label, by the aria-label of one or of a control, or by
---selector. In a selector `li:3` is the third of them; a text that looks so is a text where there is one.
---@param elements tl.Element[]
---@param target string
---@return tl.Element[]
function dom.matches(elements, target)
  local named = by_name(elements, target)
  if #named > 0 and target:find ":%d" then return named end
  return union(elements, named, select.find(elements, target))
end

local function listed(elements)
  local lines = {}
  for i, element in ipairs(elements) do
    if i > 12 then
      lines[#lines + 1] = ("  and %d more"):format(#elements - 12)
      break
    end
    lines[#lines + 1] = ("  %d: %s"):format(i, dom.describe(element))
  end
  return table.concat(lines, "\n")
end

local function named_elements(elements)
  return filtered(elements, function(element) return (name_of(element) or told_name(element)) and dom.is_visible(element) end)
end

local function complain_about_none(elements, target)
  local named = named_elements(elements)
  error(("nothing on the page is %q; its buttons, links and labels are%s"):format(
    target, #named > 0 and ":\n" .. listed(named) or " none"), 0)
end

-- The elements in which a target is looked for.
local function scope(elements, opts)
  if not opts.within then return elements end
  local outer = dom.find(elements, opts.within, {})
  return filtered(elements, function(element) return element ~= outer and dom.is_inside(element, outer) end)
end

---The one element that a target names. Raises when there is none, or more than one.
---@param elements tl.Element[]
---@param target string
---@param opts { nth: integer|nil, within: string|nil }
---@return tl.Element
function dom.find(elements, target, opts)
  if type(target) ~= "string" then error(("a target is a text or a selector, got a %s"):format(type(target)), 0) end
  local inside = scope(elements, opts)
  local found = dom.matches(inside, target)
  if opts.nth then
    if found[opts.nth] then return found[opts.nth] end
    error(("there is no match %d for %q, only %d"):format(opts.nth, target, #found), 0)
  end
  if #found == 0 then complain_about_none(inside, target) end
  if #found > 1 then
    error(("%d elements match %q; name one by { nth = 1 } or { within = ... }:\n%s"):format(
      #found, target, listed(found)), 0)
  end
  return found[1]
end

---The elements that `dom.find` would choose from.
function dom.find_all(elements, target, opts)
  return dom.matches(scope(elements, opts), target)
end

return dom
