-- eval_spec.lua: lua/tidelock/eval.lua gives what a browser shows: the vectors that it shares with
-- the client, and the elements of a tree.
local eval = require "tidelock.eval"
local native = require "tidelock.native"
local unicode = require "tidelock.unicode"
local values = require "tidelock.values"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return native.json_decode(text)
end

local function env_of(case)
  local env = { state = case.state, arg = case.arg, now = case.now }
  for _, item in ipairs(case.items or { case.item }) do
    env.frame = { as = item.of, value = item.value, pos = item.pos, up = env.frame }
  end
  return env
end

local function check(case)
  local got = eval.evaluate(case.expr, env_of(case))
  if case.value ~= nil then
    assert.is_true(values.equal(case.value, got),
      ("value: %s, got %s"):format(native.json_encode(case.value), native.json_encode(got)))
  end
  if case.shows ~= nil then assert.equal(case.shows, values.shown(got)) end
  if case.truthy ~= nil then assert.equal(case.truthy, values.is_true(got)) end
end

-- holds: ui.match, var.arithmetic, var.logic, var.methods, var.truth, var.floor, var.whole, var.nothing, var.join
-- holds: var.count, var.case, var.format, var.at, var.same
describe("a value", function()
  it("has at least 300 cases, each with a name of its own", function()
    local names, count = {}, 0
    for _, case in ipairs(read "spec/vectors/eval.json") do
      assert.is_nil(names[case.name], case.name)
      names[case.name], count = true, count + 1
    end
    assert.is_true(count >= 300)
  end)

  for _, case in ipairs(read "spec/vectors/eval.json") do
    it(case.name, function() check(case) end)
  end
end)

describe("numbers", function()
  -- holds: var.whole
  it("are shown as a browser writes them", function()
    for text, n in pairs {
      ["0"] = -0.0, ["5"] = 5.0, ["0.1"] = 0.1, ["1e+21"] = 1e21, ["100000000000000000000"] = 1e20,
      ["1.5e-7"] = 1.5e-7, ["0.000001"] = 1e-6, ["5e-324"] = 5e-324,
      ["1.7976931348623157e+308"] = 1.7976931348623157e308, ["-2.5"] = -2.5, ["9007199254740993"] = 9007199254740993,
    } do
      assert.equal(text, values.shown(n))
    end
  end)

  it("become floats where a browser's would be inexact", function()
    local product = eval.evaluate({ ["$"] = "op", op = "*", args = { 9007199254740991, 3 } }, {})
    assert.equal("27021597764222972", values.shown(product))
  end)
end)

describe("letters", function()
  -- holds: var.case
  it("may become several", function()
    assert.equal("STRASSE", unicode.upper "straße")
    assert.equal("FI", unicode.upper "ﬁ")
    assert.equal("i̇", unicode.lower "İ")
    assert.equal("οδοσ", unicode.lower "ΟΔΟΣ")
    assert.equal("𐐨", unicode.lower "𐐀")
  end)
end)

-- Elements --------------------------------------------------------------------------------------

local function var(...) return { ["$"] = "var", path = { ... } } end

local function only(tree, state)
  local out = eval.render(tree, state or {})
  assert.equal(1, #out)
  return out[1]
end

describe("a rendered tree", function()
  it("has tags, attributes, text", function()
    local tree = { "p", { title = var("S", "t"), hidden = false, id = "a" }, { "x", var("S", "n") } }
    local p = only(tree, { S = { n = 5.0 } })
    assert.equal("p", p.tag)
    assert.same({ id = "a" }, p.attrs)
    assert.same({ "x", "5" }, p.children)
  end)

  it("joins classes: names in order, then tests in byte order", function()
    local when = { z = true, b = var("S", "yes"), no = var("S", "no") }
    local class = { ["$"] = "class", names = { "a", var("S", "c") }, when = when }
    local p = only({ "p", { class = class }, {} }, { S = { c = "c", yes = 0, no = false } })
    assert.equal("a c b z", p.attrs.class)
  end)

  it("leaves out an address that is code", function()
    local a = only({ "a", { href = var("S", "url") }, {} }, { S = { url = "java\tscript:alert(1)" } })
    assert.is_nil(a.attrs.href)
  end)

  it("spells out true where an empty value is not true", function()
    local p = only({ "p", { ["aria-busy"] = true, hidden = true }, {} })
    assert.same({ ["aria-busy"] = "true", hidden = true }, p.attrs)
  end)

  it("takes one branch, or several nodes of a fragment", function()
    local frag = { ["$"] = "frag", children = { { "i", {}, {} }, "t" } }
    local node = { ["$"] = "cond", ["if"] = var("S", "on"), ["then"] = frag, ["else"] = "off" }
    assert.equal("off", eval.render(node, { S = {} })[1])
    assert.equal("t", eval.render(node, { S = { on = true } })[2])
    assert.equal(0, #eval.render({ ["$"] = "cond", ["if"] = false, ["then"] = frag }, {}))
  end)

  -- holds: ui.foreach.map, host.order.shown
  it("repeats a body for lists and maps, also nested", function()
    local inner = {
      ["$"] = "foreach", ["in"] = { ["$"] = "item", of = 1, path = { "tags" } }, as = 2,
      body = { "b", {}, { { ["$"] = "item", of = 2, path = {} }, { ["$"] = "pos", of = 1 } } },
    }
    local tree = { "ul", {}, { { ["$"] = "foreach", ["in"] = var("S", "rows"), as = 1, body = inner } } }
    local rows = { S = { rows = { { tags = { "x", "y" } }, { tags = { "z" } } } } }
    assert.same({ "x", "1" }, only(tree, rows).children[1].children)
    assert.same({ "z", "2" }, only(tree, rows).children[3].children)
    local map = { S = { rows = { b = { tags = { "2" } }, a = { tags = { "1" } } } } }
    assert.same({ "1", "a" }, only(tree, map).children[1].children)
  end)

  it("knows an element again by its key, and keeps branches apart", function()
    local row = { "li", {}, {} }
    local list = { ["$"] = "foreach", ["in"] = var("S", "rows"), as = 1, key = "id", body = row }
    local before = eval.render(list, { S = { rows = { { id = 1 }, { id = 2 } } } })
    local after = eval.render(list, { S = { rows = { { id = 2 }, { id = 1 }, { id = 1 } } } })
    assert.equal(before[1].id, after[2].id)
    assert.equal(before[2].id, after[1].id)
    assert.not_equal(after[2].id, after[3].id)
    local cond = { ["$"] = "cond", ["if"] = var("S", "on"), ["then"] = { "p", {}, {} }, ["else"] = { "p", {}, {} } }
    assert.not_equal(only(cond, { S = { on = true } }).id, only(cond, { S = {} }).id)
  end)
end)
