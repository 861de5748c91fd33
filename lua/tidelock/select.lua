--- select.lua: CSS selectors over rendered elements (eval.render).
--
-- Knows tag, *, #id, .class, [attr], [attr=value], descendant and child, and `:3`, which is the third
-- match of what stands before it. Pure; uses values.

local values = require "tidelock.values"

local select = {}

-- Parsing ---------------------------------------------------------------------------------------

local NAME = "[%w_%-\128-\255]+"

---What may follow in a compound: pattern, and the test that it makes of the captures.
local parts = {
  { "^#(" .. NAME .. ")", function(id) return { kind = "attr", name = "id", value = id } end },
  { "^%.(" .. NAME .. ")", function(class) return { kind = "class", name = class } end },
  { '^%[([%w_:-]+)%s*=%s*"([^"]*)"%s*%]', function(name, v) return { kind = "attr", name = name, value = v } end },
  { "^%[([%w_:-]+)%s*=%s*'([^']*)'%s*%]", function(name, v) return { kind = "attr", name = name, value = v } end },
  { "^%[([%w_:-]+)%s*=%s*([^%]\"'%s]+)%s*%]", function(name, v) return { kind = "attr", name = name, value = v } end },
  { "^%[([%w_:-]+)%s*%]", function(name) return { kind = "attr", name = name } end },
}

local function parse_part(text, at)
  for _, part in ipairs(parts) do
    local first, last, a, b = text:find(part[1], at)
    if first then return part[2](a, b), last + 1 end
  end
end

local function parse_compound(text, at)
  local tag = text:match("^%a[%w-]*", at) or text:match("^%*", at)
  local compound = { tag = tag ~= "*" and tag or nil, tests = {} }
  local from = at
  at = at + #(tag or "")
  while true do
    local test, after = parse_part(text, at)
    if not test then break end
    compound.tests[#compound.tests + 1] = test
    at = after
  end
  if at == from then return nil end
  local position, after = text:match("^:(%d+)()", at)
  compound.position = tonumber(position)
  return compound, after or at
end

-- Compounds from left to right, or nil. `child`: the one before is the parent; `position`: of the matches up to there, this one.
local function parse(text)
  local compounds, at = {}, text:find "%S"
  local child = false
  while at and at <= #text do
    local compound, after = parse_compound(text, at)
    if not compound then return nil end
    compound.child = child
    compounds[#compounds + 1] = compound
    local blank, arrow, rest = text:match("^(%s*)(>?)%s*()", after)
    if rest <= #text and blank == "" and arrow == "" then return nil end
    if rest > #text and arrow ~= "" then return nil end
    child, at = arrow ~= "", rest
  end
  return #compounds > 0 and compounds or nil
end

-- Matching --------------------------------------------------------------------------------------

local function has_class(element, name)
  return (" " .. (element.attrs.class or "") .. " "):gsub("%s", " "):find(" " .. name .. " ", 1, true) ~= nil
end

local function passes(element, test)
  if test.kind == "class" then return has_class(element, test.name) end
  local v = element.attrs[test.name]
  if v == nil then return false end
  if test.value == nil then return true end
  return (v == true and "" or values.shown(v)) == test.value
end

local function matches_compound(element, compound)
  if compound.only then return element == compound.only end
  if compound.tag and compound.tag:lower() ~= element.tag then return false end
  for _, test in ipairs(compound.tests) do
    if not passes(element, test) then return false end
  end
  return true
end

local function matches_up_to(element, compounds, n)
  if not matches_compound(element, compounds[n]) then return false end
  if n == 1 then return true end
  local above = element.parent
  while above do
    if matches_up_to(above, compounds, n - 1) then return true end
    if compounds[n].child then return false end
    above = above.parent
  end
  return false
end

local function matching(elements, compounds)
  local out = {}
  for _, element in ipairs(elements) do
    if matches_up_to(element, compounds, #compounds) then out[#out + 1] = element end
  end
  return out
end

---@param elements tl.Element[]
---@param text string
---@return tl.Element[] those that the selector names; none when it is no selector
function select.find(elements, text)
  local so_far = {}
  for _, compound in ipairs(parse(text) or {}) do
    so_far[#so_far + 1] = compound
    if compound.position then
      local chosen = matching(elements, so_far)[compound.position]
      if not chosen then return {} end
      so_far = { { only = chosen } }
    end
  end
  return #so_far > 0 and matching(elements, so_far) or {}
end

return select
