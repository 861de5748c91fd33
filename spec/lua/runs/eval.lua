-- eval.lua: run by spec/cli/eval.test.js: the cases of a file, each with what the browser's evaluator made of it.
local eval = require "tidelock.eval"
local native = require "tidelock.native"
local values = require "tidelock.values"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return native.json_decode(text)
end

-- JSON shows a large float of the browser's by the fewest digits that tell it from others: read as an integer it is another number.
local function as_the_browser_has_it(v)
  if math.type(v) == "integer" and (v > 2 ^ 53 or v < -2 ^ 53) then return v + 0.0 end
  return v
end

it("gives what the browser's evaluator gives", function()
  local all = read(os.getenv "EVAL_CASES")
  for _, case in ipairs(all.cases) do
    local frame = { as = 1, value = case.item, pos = 1 }
    local got = eval.evaluate(case.expr, { state = all.state, frame = frame })
    local same = values.equal(as_the_browser_has_it(case.value), got) and case.shows == values.shown(got) and case.truthy == values.is_true(got)
    assert.is_true(same, ("%s with the element %s: the browser has %s, the host %s"):format(
      native.json_encode(case.expr), native.json_encode(case.item), native.json_encode(case.value), native.json_encode(got)))
  end
  assert.equal(all.count, #all.cases)
end)
