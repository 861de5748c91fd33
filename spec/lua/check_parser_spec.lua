-- check_parser_spec.lua: the parser of `tidelock check` takes what Lua takes, and refuses what Lua refuses.
local parser = require "tidelock.check.parser"

local function text_of(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function sources()
  local out = {}
  local pipe = assert(io.popen "find app bench fuzz lua spec -name '*.lua' -not -path '*/node_modules/*' | sort")
  for path in pipe:lines() do out[#out + 1] = { path = path, text = text_of(path) } end
  pipe:close()
  return out
end

local function expression(text)
  local tree, problem = parser.parse("return " .. text)
  assert(tree, problem and problem.syntax)
  return tree.body[1].values[1]
end

-- With all brackets.
local function shown(node)
  if node.tag == "Binary" then return ("(%s %s %s)"):format(shown(node.left), node.op, shown(node.right)) end
  if node.tag == "Unary" then return ("(%s %s)"):format(node.op, shown(node.operand)) end
  return node.name or tostring(node.value)
end

describe("the parser", function()
  it("reads every Lua file of the repository", function()
    local all = sources()
    assert(#all > 80, "the files are not where they were: " .. #all)
    for _, source in ipairs(all) do
      local tree, problem = parser.parse(source.text)
      if not load(source.text) then
        assert.is_nil(tree, source.path)
      elseif not tree then
        error(("%s:%d:%d: %s"):format(source.path, problem.line, problem.col, problem.syntax), 0)
      end
    end
  end)

  it("refuses what Lua refuses, when files are cut and mixed", function()
    local all, random = sources(), 0
    local function draw(n) -- the same each time
      random = (random * 1103515245 + 12345) & 0x7fffffff
      return random // 65536 % n + 1
    end
    local ways = {
      function(text, at) return text:sub(1, at - 1) .. text:sub(at + draw(3)) end,
      function(text, at) local from = draw(#text) return text:sub(1, at) .. text:sub(from, from + 2) .. text:sub(at + 1) end,
      function(text, at) return text:sub(1, at) end,
    }
    local refused = 0
    for _ = 1, 600 do
      local source = all[draw(#all)]
      if #source.text < 8000 and #source.text > 0 then
        local text = ways[draw(3)](source.text, draw(#source.text))
        local fn, err = load(text)
        local tree, problem = parser.parse(text)
        local labels = err and (err:find "label" or err:find "goto") -- which are not looked at
        if not labels and (fn ~= nil) ~= (tree ~= nil) then
          error(("%s, changed: Lua says %s, the parser %s"):format(source.path, err or "ok", problem and problem.syntax or "ok"), 0)
        end
        if problem then refused = refused + 1 end
      end
    end
    assert(refused > 100, refused)
  end)

  it("reads strings and numbers as Lua does", function()
    for _, text in ipairs { [["a\n\t\\\"\'\065\x41\u{48}\u{20AC}\z
        b"]], "'\\\n'", "[[\nlong]]", "[==[a]]b]=]c]==]", "'\\0001'", "0x10", "0xA.8p1", "1e3", "1E-3", ".5", "5.", "0xffffffffffffffff", "3e+2" } do
      local value = load("return " .. text)()
      assert.same({ value, math.type(value) }, { expression(text).value, math.type(expression(text).value) })
    end
  end)

  it("knows which operator holds more", function()
    for text, brackets in pairs {
      ["a or b and c"] = "(a or (b and c))", ["a + b * c - d"] = "((a + (b * c)) - d)", ["-a ^ b ^ c"] = "(- (a ^ (b ^ c)))",
      ["a .. b .. c"] = "(a .. (b .. c))", ["not a == b"] = "((not a) == b)", ["a < b | c << d .. e"] = "(a < (b | (c << (d .. e))))",
      ["a & b ~ c | d"] = "(((a & b) ~ c) | d)", ["2 ^ -a"] = "(2 ^ (- a))", ["#a // b % c"] = "(((# a) // b) % c)",
    } do
      assert.equal(brackets, shown(expression(text)))
    end
  end)

  it("tells the place of each node", function()
    local body = parser.parse("-- a line\nlocal a <const> = b.c[d]\r\n\tself:go(\"x\")").body
    local index = body[1].values[1]
    assert.same({ 2, 22 }, { index.line, index.col })
    assert.same({ 2, 21 }, { index.object.key.line, index.object.key.col })
    assert.same({ 3, 7 }, { body[2].call.line, body[2].call.col })
  end)

  it("tells which declaration a name means", function()
    local body = parser.parse [[
local a = 1
local function f(a) return a end
do local a = a end
repeat local b until b
for a = a, 2 do g(a) end
a = 2]].body
    local outer = body[1].names[1]
    assert.equal(body[2].fn.params[1], body[2].fn.body[1].values[1].binding)
    assert.equal(outer, body[3].body[1].values[1].binding)
    assert.equal(body[4].body[1].names[1], body[4].test.binding)
    assert.equal(outer, body[5].from.binding)
    assert.equal(body[5].names[1], body[5].body[1].call.args[1].binding)
    assert.is_nil(body[5].body[1].call.fn.binding)
    assert.equal(1, outer.assigned)
  end)

  it("says what is wrong and where", function()
    for text, problem in pairs {
      ["x = 'a"] = "1:5: this string has no end: `'` is missing", ["x = [[a"] = "1:5: this string has no end: `]]` is missing",
      ["--[[ a"] = "1:3: this comment has no end: `]]` is missing", ["x = 3x"] = "1:5: `3x` is no number",
      ["x = '\\q'"] = "1:6: `\\q` is no escape of a string", ["x = '\\300'"] = "1:6: `\\300` is no byte: it is above 255",
      ["if x then\n\n"] = "3:1: `end` (for the `if` of line 1) is expected, not the end of the file", ["x = = 2"] = "1:5: an expression is expected, not `=`",
      ["f(1"] = "1:4: `)` is expected, not the end of the file", ["break"] = "1:1: this `break` is in no loop",
      ["local x <const> = 1 x = 2"] = "1:21: `x` is <const>, and cannot be assigned", ["f() = 1"] = "1:1: this cannot be assigned",
      ["local function f() return ... end"] = "1:27: `...` is no parameter of this function", ["x"] = "1:2: `=` or a call is expected, not the end of the file",
      ["local x <once> = 1"] = "1:10: there is no attribute `once`, only const and close", ["x = $"] = '1:5: "$" means nothing in Lua',
      ["return 1 2"] = "1:10: `end` (nothing follows a return) is expected, not `2`", ["end"] = "1:1: a statement is expected, not `end`",
    } do
      local tree, found = parser.parse(text)
      assert.is_nil(tree, text)
      assert.equal(problem, ("%d:%d: %s"):format(found.line, found.col, found.syntax))
    end
  end)

  it("takes time in proportion to the text, also in one line", function()
    local function time_of(n)
      local text, begin = "x = 1" .. (" + 1"):rep(n), os.clock()
      assert(parser.parse(text))
      return os.clock() - begin
    end
    time_of(1000)
    local short, long = time_of(2000), time_of(20000)
    assert(long < 40 * short + 0.1, ("%g s for 2,000 operators, %g s for 20,000"):format(short, long))
  end)

  it("refuses what is nested without end, and takes what is long", function()
    assert.is_nil((parser.parse("x = " .. ("("):rep(1000) .. "1" .. (")"):rep(1000))))
    assert(parser.parse("x = 1" .. (" + 1"):rep(20000)))
    assert(parser.parse(("do local x = 1 end\n"):rep(5000)))
  end)
end)
