-- differences_spec.lua: what a failed `same` or `equal` tells of tables and of values of a state.
local differences = require "tidelock.differences"
local t = require "tidelock.testing"
local native = require "tidelock.native"

local function lines(actual, expected)
  local out = {}
  for line in (differences.between(actual, expected) or ""):gmatch "[^\n]+" do out[#out + 1] = line:sub(3) end
  return out
end

local function failure(fn)
  local ok, err = pcall(fn)
  assert.is_false(ok)
  return tostring(err):gsub("^[^\n]-:%d+: ", "")
end

describe("differences", function()
  it("are told by path, what there is, and what was expected", function()
    assert.same({ '[2].text: "Milk", expected "Bread"' }, lines({ { text = "a" }, { text = "Milk" } }, { { text = "a" }, { text = "Bread" } }))
    assert.same({ "a.b: 1, expected 2", 'c["x y"]: true, expected false' },
      lines({ a = { b = 1 }, c = { ["x y"] = true } }, { a = { b = 2 }, c = { ["x y"] = false } }))
    assert.same({ "a: nothing, expected 1", "b: 2, expected nothing" }, lines({ b = 2 }, { a = 1 }))
    assert.same({ "the value: 1, expected { 2 }" }, lines(1, { 2 }))
    assert.same({}, lines({ { 1 } }, { { 1 } }))
  end)

  it("of a list with one gap are what is too much, or missing", function()
    assert.same({ "[2]: nothing, expected 2" }, lines({ 1, 3, 4 }, { 1, 2, 3, 4 }))
    assert.same({ "[3]: false, expected nothing", "[4]: 8, expected nothing" }, lines({ 1, 2, false, 8 }, { 1, 2 }))
    assert.same({ "[1]: 7, expected 1", "[3]: nothing, expected 3" }, lines({ 7, 2 }, { 1, 2, 3 }))
  end)

  it("of lists of tables are told wherever they are, when there is more than one gap", function()
    assert.same({ "[1][1]: 9, expected 1", "[3]: nothing, expected { 3 }" }, lines({ { 9 }, { 2 } }, { { 1 }, { 2 }, { 3 } }))
    local shared = { 1 }
    assert.same({ "[1][1]: 1, expected 2", "[2][1]: 1, expected 2" }, lines({ shared, shared }, { { 2 }, { 2 } }))
  end)

  it("are told soon in long lists, and from the end of deep paths", function()
    local a, b = {}, {}
    for i = 1, 10000 do a[i], b[i] = { id = i }, { id = i } end
    table.remove(b, 5000)
    local start = os.clock()
    local text = failure(function() assert.same(a, b) end)
    assert.matches("\n  %[5000%]: nothing, expected { id = 5000 }$", text)
    assert.is_true(os.clock() - start < 1)
    local deep, other = {}, {}
    local x, y = deep, other
    for _ = 1, 500 do
      x.next, y.next = {}, {}
      x, y = x.next, y.next
    end
    x.v, y.v = 1, 2
    assert.matches("^%.%.%.[next.]+%.v: 1, expected 2$", lines(deep, other)[1])
    assert.is_true(#lines(deep, other)[1] < 150)
  end)

  it("tell kinds apart, and numbers to the last digit", function()
    assert.same({ 'n: 1, expected "1"' }, lines({ n = 1 }, { n = "1" }))
    assert.same({ "[1]: 0.3, expected 0.30000000000000004" }, lines({ 0.3 }, { 0.1 + 0.2 }))
    assert.same({ "[1]: 0.30000000000000004, expected 0.3" }, lines({ 0.1 + 0.2 }, { 0.3 }))
    assert.same({}, lines({ 1 }, { 1.0 }))
    assert.same({ "[1]: null, expected nothing" }, lines({ native.null }, {}))
  end)

  it("shorten what is long, around the first letter that differs", function()
    local long = ("x"):rep(500)
    local line = lines({ long .. "a" .. long }, { long .. "b" .. long })[1]
    assert.matches('^%[1%]: %.%.%."x+ax+"%.%.%. %(1001 bytes%), expected %.%.%."x+bx+"%.%.%. %(1001 bytes%)$', line)
    assert.is_true(#line < 250)
    assert.is_true(#lines({ { long, long } }, {})[1] < 250)
    local many, other = {}, {}
    for i = 1, 100 do many[i], other[i] = i, -i end
    local told = lines(many, other)
    assert.equal(13, #told)
    assert.equal("and 88 more", told[13])
  end)

  it("keep the letters of UTF-8 whole, and show line ends", function()
    local line = lines({ ("é"):rep(100) .. "a" }, { ("é"):rep(100) .. "b" })[1]
    assert.is_truthy(utf8.len(line))
    assert.same({ '[1]: "a\\n\\tb", expected "a"' }, lines({ "a\n\tb" }, { "a" }))
  end)

  it("end in tables that contain themselves", function()
    local a, b = { n = 1 }, { n = 2 }
    a.self, b.self = a, b
    assert.same({ "n: 1, expected 2" }, lines(a, b))
  end)
end)

describe("a failed assertion", function()
  -- holds: testing.differences
  it("same tells the places of tables", function()
    assert.equal('Expected objects to be the same; they differ in:\n  [2]: 2, expected 3', (failure(function() assert.same({ 1, 3 }, { 1, 2 }) end)))
  end)

  -- holds: testing.differences
  it("same tells those of a state's lists and maps", function()
    t.open("spec/lua/apps/differences.lua", "/"):click "Look"
    local told = package.loaded.differences_spec_told
    package.loaded.differences_spec_told = nil
    assert.matches('list%[2%]%.text: "Tide", expected "Ebb"', told)
    assert.matches("differ in:\n  %[1%]%.done: false, expected true", told)
  end)

  it("equal says so when two tables hold the same", function()
    local text = failure(function() assert.equal({ 1 }, { 1 }) end)
    assert.matches("Expected objects to be equal; they differ in:\n  %(equal asks for one and the same table", text)
    assert.matches("%[1%]: 1, expected 2\n  %(equal asks", failure(function() assert.are.equal({ 2 }, { 1 }) end))
  end)

  it("of other values is luassert's own", function()
    assert.matches("Passed in:\n%(number%) 2\nExpected:\n%(number%) 1", failure(function() assert.equal(1, 2) end))
    assert.matches("Passed in:\n%(number%) 2\nExpected:\n%(table: ", failure(function() assert.same({}, 2) end))
    assert.matches("not be the same", failure(function() assert.not_same({ 1 }, { 1 }) end))
    assert.matches("^because\nExpected objects to be the same; they differ in:\n", failure(function() assert.same({ 1 }, { 2 }, "because") end))
  end)

  it("of long texts tells where they differ", function()
    local text = failure(function() assert.equal(("a"):rep(1000) .. "x", ("a"):rep(1000) .. "y") end)
    assert.is_true(#text < 400)
    assert.matches('y" %(1001 bytes%), expected', text)
  end)

  it("passes as before where nothing differs", function()
    assert.same({ 1, { a = "b" } }, { 1, { a = "b" } })
    assert.not_same({ 1 }, { 2 })
    assert.not_equal({}, {})
  end)
end)
