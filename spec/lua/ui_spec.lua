-- ui_spec.lua: lua/tidelock/ui.lua and its parts: the tree that a page's nodes become, and what a
-- page refuses, with the line of the element.
local effects = require "tidelock.effects"
local native = require "tidelock.native"
local page = require "tidelock.page"
local tree = require "tidelock.tree"
local ui = require "tidelock.ui"

local function event(name)
  local mt = { __tidelock = "event" }
  function mt:__call(...)
    return setmetatable({ handler = self.handler, args = table.pack(...) }, { __tidelock = "event" })
  end
  return setmetatable({ handler = name }, mt)
end

local Job = setmetatable({ start = event "Job.start", add = event "Job.add" }, {
  __index = function(_, name) return ui.var("Job", name) end,
})

local function json(node) return native.json_encode((tree.build(node))) end

local function same(expected, node)
  assert.same(native.json_decode(expected), native.json_decode(json(node)))
end

-- A Var's node, as it stands in an element.
local function node_of(v) return native.json_decode(json(ui.p { v }))[3][1] end

local function same_var(expected, v)
  assert.same(native.json_decode(expected), node_of(v))
end

local function fails(pattern, fn)
  local ok, err = pcall(fn)
  assert.is_false(ok, "it did not fail")
  assert.matches(pattern, tostring(err))
end

describe("an element", function()
  -- holds: element.tag, element.text, attribute.absent, attribute.name, tree.element
  it("has attributes, triggers and children", function()
    same('["p",{"id":"a"},["x",["b",{},["y"]],"5"]]', ui.p { id = "a", "x", ui.b { "y" }, 5 })
    same('["p",{},["x"]]', ui.p "x")
    same('["p",{},[["b",{},[]]]]', ui.p(ui.b()))
    same('["input",{"disabled":true,"aria-label":"Name","for":"x"},[]]',
      ui.input { disabled = true, hidden = false, ["aria-label"] = "Name", ["for"] = "x" })
  end)

  it("may write an underscore for the hyphen of an attribute", function()
    same('["p",{"aria-live":"polite","data-row-id":5},[]]', ui.p { aria_live = "polite", data_row_id = 5 })
    fails("ui.p: the attribute aria%-live is there twice", function() ui.p { aria_live = "polite", ["aria-live"] = "off" } end)
  end)

  -- holds: tree.element
  it("keeps empty attributes a map and empty children a list", function()
    assert.equal('["br",{},[]]', json(ui.br {}))
  end)

  it("takes lists of children, and leaves out nil", function()
    same('["p",{},["a","b","c"]]', ui.p { nil, "a", nil, { "b", nil, { "c" } } })
  end)

  it("named var is an element as well", function()
    same('["var",{},["x"]]', ui.var "x")
    same('["var",{"id":"a"},[]]', ui.var { id = "a" })
  end)

  -- holds: element.children
  it("shows numbers as text", function()
    same('["p",{},["5","0.5","-1"]]', ui.p { 5.0, 0.5, -1 })
    same('["p",{},["9007199254740993"]]', ui.p { 9007199254740993 })
  end)

  -- holds: element.tag, ui.html
  it("is refused when HTML has none, with a suggestion", function()
    fails("ui_spec.lua:%d+: HTML has no element `dvi` %(did you mean ui.div%?%)", function() ui.dvi {} end)
    fails("no element `each` %(did you mean ui.foreach%?%)", function() return ui.each end)
    fails("no element `buttons` %(did you mean ui.button%?%)", function() return ui.buttons end)
    fails("no element `tble` %(did you mean ui.table%?%)", function() return ui.tble end)
    fails("no element `grid`$", function() return ui.grid end)
    fails("ui.script is refused", function() return ui.script end)
    fails("ui.style is refused", function() return ui.style end)
    fails("text is text", function() return ui.html end)
    fails("cannot be assigned", function() ui.card = print end)
  end)

  -- holds: tree.code
  it("refuses what could carry code", function()
    fails("onclick would hold code; a trigger is written on_click", function() ui.p { onclick = "x()" } end)
    fails("srcdoc is refused", function() ui.iframe { srcdoc = "<p>" } end)
    fails("an address cannot hold code", function() ui.a { href = " JaVaScript:x" } end)
    fails("is no attribute's name", function() ui.p { ["a b"] = "x" } end)
    fails("ui.p: className is JavaScript's word; HTML writes class", function() ui.p { className = "x" } end)
    fails('ui.label: htmlFor is JavaScript\'s word; HTML writes %["for"%]', function() ui.label { htmlFor = "x" } end)
  end)

  -- holds: element.children
  it("refuses children that are none", function()
    fails("a boolean is no child", function() ui.p { true } end)
    fails("a boolean is no child", function() ui.p { false } end)
    fails("a function is no child", function() ui.p { print } end)
    fails("an event is no child", function() ui.p { Job.start } end)
    fails("an effect is no child", function() ui.p { effects.toast "x" } end)
    fails("a table with the key \"id\" is no child", function() ui.p { { id = 1 } } end)
    fails("ui.br has no children", function() ui.br { "x" } end)
    fails("not UTF%-8", function() ui.p "\255" end)
    fails("inf is no value", function() ui.p { 1 / 0 } end)
    fails("ui.meta belongs into tl.head", function() ui.p { ui.meta {} } end)
  end)

  it("takes one table", function()
    fails("takes one table", function() ui.p("a", "b") end)
  end)

  it("is the same ever after", function()
    fails("cannot be changed", function() ui.p {}.id = "x" end)
  end)
end)

describe("attributes", function()
  -- holds: attribute.class
  it("class: text, list, map, both", function()
    same('["p",{"class":"a b"},[]]', ui.p { class = "a b" })
    same('["p",{"class":"a b"},[]]', ui.p { class = { "a", false, "b" } })
    same('["p",{"class":"a b"},[]]', ui.p { class = { "a", b = true, c = false } })
    same('["p",{"class":{"$":"class","names":["a"],"when":{"b":{"$":"var","path":["Job","x"]}}}},[]]',
      ui.p { class = { "a", b = Job.x } })
    same('["p",{"class":{"$":"class","names":[{"$":"var","path":["Job","x"]}],"when":{}}},[]]', ui.p { class = Job.x })
    fails("class is a string, a list, a map", function() ui.p { class = 5 } end)
    fails("true, false or a Var", function() ui.p { class = { a = "x" } } end)
  end)

  -- holds: attribute.style
  it("style: a map", function()
    same('["p",{"style":{"margin-top":"1px","--x":{"$":"var","path":["Job","x"]}}},[]]',
      ui.p { style = { margin_top = "1px", ["--x"] = Job.x, color = false } })
    fails("style is a map", function() ui.p { style = "color:red" } end)
  end)

  -- holds: attribute.value, tree.attributes
  it("any other: a scalar, a Var, a cond without elements", function()
    same('["p",{"title":{"$":"cond","if":{"$":"var","path":["Job","x"]},"then":"a"}},[]]',
      ui.p { title = ui.cond(Job.x, "a") })
    fails("attribute title: a string, number", function() ui.p { title = {} } end)
    fails("shows elements, so it is no value", function() ui.p { title = ui.cond(Job.x, ui.b "a") } end)
  end)
end)

describe("a Var", function()
  -- holds: var.index, tree.var
  it("is a path", function()
    same_var('{"$":"var","path":["Job","items",1,"title"]}', Job.items[1].title)
    same_var('{"$":"var","path":["Job","items",2]}', Job.items[2.0])
    same_var('{"$":"op","op":"at","args":[{"$":"var","path":["Job","items"]},{"$":"var","path":["Job","i"]}]}',
      Job.items[Job.i])
    same_var('{"$":"op","op":"at","args":[{"$":"op","op":"default","args":[{"$":"var","path":["Job","a"]},"x"]},"b"]}',
      Job.a:default("x").b)
  end)

  -- holds: var.arithmetic, var.logic, var.methods, tree.op
  it("has operators", function()
    local a = '{"$":"var","path":["Job","a"]}'
    for op, v in pairs {
      ["+"] = Job.a + 1, ["-"] = Job.a - 1, ["*"] = Job.a * 1, ["/"] = Job.a / 1, ["//"] = Job.a // 1,
      ["%"] = Job.a % 1, [".."] = Job.a .. 1, ["and"] = Job.a & 1, ["or"] = Job.a | 1, eq = Job.a:eq(1),
      ne = Job.a:ne(1), lt = Job.a:lt(1), le = Job.a:le(1), gt = Job.a:gt(1), ge = Job.a:ge(1),
      contains = Job.a:contains(1), at = Job.a:at(1), join = Job.a:join(1), default = Job.a:default(1),
    } do
      same_var(('{"$":"op","op":"%s","args":[%s,1]}'):format(op, a), v)
    end
    for op, v in pairs {
      neg = -Job.a, len = #Job.a, ["not"] = ~Job.a, length = Job.a:length(), upper = Job.a:upper(),
      lower = Job.a:lower(), trim = Job.a:trim(),
    } do
      same_var(('{"$":"op","op":"%s","args":[%s]}'):format(op, a), v)
    end
    same_var(('{"$":"op","op":"-","args":[1,%s]}'):format(a), 1 - Job.a)
    same_var(('{"$":"op","op":"format","args":["%%d of %%d",%s,2]}'):format(a), Job.a:format("%d of %d", 2))
    same_var(('{"$":"op","op":"eq","args":[%s,null]}'):format(a), Job.a:eq(nil))
    same_var(('{"$":"op","op":"eq","args":[%s,{"$":"lit","value":{"$":"x"}}]}'):format(a), Job.a:eq { ["$"] = "x" })
  end)

  -- holds: var.index
  it("has a field of a method's name, too", function()
    same_var('{"$":"var","path":["Job","row","length"]}', Job.row.length)
    same_var('{"$":"op","op":"length","args":[{"$":"var","path":["Job","row","length"]}]}', Job.row.length:length())
  end)

  it("says what it is", function()
    assert.equal("Var Job.items[1].title", tostring(Job.items[1].title))
    assert.equal('Var (Job.a + 1):lt("x")', tostring((Job.a + 1):lt "x"))
  end)

  -- holds: var.compare
  it("raises where plain Lua would decide now", function()
    fails("write a:lt%(b%)", function() return Job.a < 5 end)
    fails("write a:lt%(b%)", function() return 5 > Job.a end)
    fails("write a:le%(b%)", function() return Job.a <= Job.b end)
    fails("write a:eq%(b%)", function() return Job.a == Job.b end)
    fails("ui.foreach", function() return pairs(Job.a) end)
    fails("ui.foreach", function() for _ in ipairs(Job.a) do _ = _ end end)
    fails("cannot be assigned", function() Job.a.b = 5 end)
  end)

  it("raises on what it does not know", function()
    fails("a Var has no method `foo`; there are at contains", function() return Job.a:foo() end)
    fails("it cannot be called", function() return Job.a(1) end)
    fails("`:eq` takes 1 argument, got 0", function() return Job.a:eq() end)
    fails("`:upper` takes 0 arguments, got 1", function() return Job.a:upper(1) end)
    fails("%+ between a Var and nil", function() return Job.a + nil end)
    fails("%.%. between a Var and an element", function() return Job.a .. ui.p {} end)
    fails("indexed by a string or an integer", function() return Job.a[1.5] end)
    fails("a function is no value", function() return Job.a:eq(print) end)
    fails("eq: 9007199254740992 is an integer beyond 2^53%-1", function() return Job.a:eq(1 << 53) end)
    fails("beyond 2^53%-1", function() ui.p { on_click = Job.add { n = -(1 << 53) } } end)
    fails("shows elements", function() return ui.cond(Job.a, ui.p {}) .. "x" end)
  end)

  -- holds: var.backend
  it("of the host's own does not get into a page", function()
    fails("Job._n is a backend var", function() ui.p { Job._n } end)
    fails("Job._n is a backend var", function() ui.p { title = Job._n } end)
    fails("Job._n.x is a backend var", function() return Job._n.x + 1 end)
    fails("Job._n is a backend var", function() ui.foreach(Job._n, function() return "" end) end)
    fails("Job._n is a backend var", function() ui.p { on_click = Job.add(Job._n) } end)
  end)
end)

describe("cond and match", function()
  -- holds: ui.cond, ui.match, tree.cond
  it("select nodes", function()
    same_var('{"$":"cond","if":{"$":"var","path":["Job","a"]},"then":["b",{},[]],'
      .. '"else":{"$":"frag","children":["x","y"]}}',
      ui.cond(Job.a, ui.b {}, { "x", "y" }))
    same_var('{"$":"match","on":{"$":"var","path":["Job","a"]},'
      .. '"cases":[[false,"f"],[1,"one"],["1",["b",{},[]]]],"else":"?"}',
      ui.match(Job.a, { ["1"] = ui.b {}, [1] = "one", [false] = "f" }, "?"))
  end)

  -- holds: var.decided
  it("refuse a test that is decided", function()
    fails("ui.cond: the test is a plain boolean.*`:eq`", function() ui.cond(true, "a") end)
    fails("ui.match: the test is a plain boolean", function() ui.match(false, {}) end)
    fails("the test is a Var, got nil", function() ui.cond(nil, "a") end)
    fails("the second argument is a table", function() ui.match(Job.a, "x") end)
  end)
end)

describe("foreach", function()
  -- holds: ui.foreach.list, tree.foreach
  it("runs its function once, with the element and its position", function()
    local runs = 0
    local node = ui.foreach(Job.items, function(item, i)
      runs = runs + 1
      return ui.li { i, item.title }
    end, { key = "id" })
    same('{"$":"foreach","in":{"$":"var","path":["Job","items"]},"as":1,"key":"id","body":'
      .. '["li",{},[{"$":"pos","of":1},{"$":"item","of":1,"path":["title"]}]]}', node)
    assert.equal(1, runs)
  end)

  it("nests, and gives numbers anew for each page", function()
    local function nested()
      return ui.foreach(Job.rows, function(row)
        return ui.foreach(row.cells, function(cell) return { row.id, cell } end, { key = "n" })
      end, { key = "id" })
    end
    json(nested())
    local out, _, hints = tree.build(nested())
    assert.equal(1, out.as)
    assert.equal(2, out.body.as)
    assert.equal(1, out.body.body.children[1].of)
    assert.same({
      { path = { "Job", "rows" }, key = "id" }, { path = { "Job", "rows", "*", "cells" }, key = "n" },
    }, hints)
  end)

  it("refuses an element that got out", function()
    local kept
    ui.foreach(Job.items, function(item) kept = item return "x" end)
    fails("used outside of it", function() json(ui.p { kept }) end)
  end)

  it("refuses what is no Var, no function, no node", function()
    fails("a `for` loop", function() ui.foreach({}, print) end)
    fails("second argument is a function", function() ui.foreach(Job.items) end)
    fails("is `return` missing%?", function() ui.foreach(Job.items, function() end) end)
    fails("unknown option id", function() ui.foreach(Job.items, function() return "" end, { id = "x" }) end)
    fails("key is a field's name", function() ui.foreach(Job.items, function() return "" end, { key = 1 }) end)
  end)
end)

describe("a trigger", function()
  local function on(v) return native.json_decode(json(ui.p { on_click = v }))[2].on.click end

  local function is(expected, v) assert.same(native.json_decode(expected), on(v)) end

  -- holds: trigger.value, tree.triggers
  it("is an event, bound or not", function()
    is('[{"handler":"Job.start","args":[],"opts":{}}]', Job.start)
    is('[{"handler":"Job.add","args":[5,{"$":"var","path":["Job","a"]},null],"opts":{}}]', Job.add(5, Job.a, nil))
    is('[{"handler":"Job.add","args":[{"$":"lit","value":[1]}],"opts":{}}]', Job.add { 1 })
  end)

  -- holds: trigger.value
  it("is an effect, or a list", function()
    is('[{"effect":["toast","Hi",{}],"opts":{}},{"handler":"Job.start","args":[],"opts":{}}]',
      { effects.toast "Hi", Job.start })
    is('[{"effect":["toast",{"$":"var","path":["Job","a"]},{}],"opts":{}}]', effects.toast(Job.a))
  end)

  -- holds: trigger.function
  it("is a function of the argument, which then does not follow", function()
    is('[{"handler":"Job.add","args":[{"$":"arg","path":["title"]}],"opts":{"own":false}}]',
      function(arg) return Job.add(arg.title) end)
    fails("returned nothing", function() on(function() end) end)
  end)

  -- holds: tree.triggers
  it("has options by tl.on", function()
    same('["p",{"on":{"keydown":[{"handler":"Job.start","args":[],"opts":{"debounce":0.3,"key":"Enter"}}]}},[]]',
      ui.p { on_key_down = page.on(Job.start, { debounce = 0.3, key = "Enter" }) })
    fails("unknown option debonce %(did you mean debounce%?%)", function()
      page.on(Job.start, { debonce = 1 })
    end)
    fails("debounce is seconds above 0", function() page.on(Job.start, { debounce = "1" }) end)
    fails("the first argument is a handler, got nil", function() page.on(nil, {}) end)
    fails("debounce and throttle exclude each other", function() page.on(Job.start, { debounce = 1, throttle = 1 }) end)
    fails("debounce and throttle exclude each other", function()
      on(page.on({ page.on(Job.start, { debounce = 1 }) }, { throttle = 1 }))
    end)
    fails("ui.p: on_click: the option key is for on_key_down", function() on(page.on(Job.start, { key = "Enter" })) end)
    is('[{"handler":"Job.start","args":[],"opts":{"prevent_default":true,"temporal":true}}]',
      page.on({ page.on(Job.start, { temporal = true, stop_propagation = false }) }, { prevent_default = true }))
  end)

  -- holds: trigger.event, trigger.unknown
  it("is named as the DOM's event", function()
    same('["p",{"on":{"keydown":[{"handler":"Job.start","args":[],"opts":{}}]}},[]]',
      ui.p { on_key_down = Job.start })
    same('["p",{},[]]', ui.p { on_click = false })
    fails("unknown trigger on_clik %(did you mean on_click%?%)", function() ui.p { on_clik = Job.start } end)
    fails("two triggers for the event keydown", function()
      ui.p { on_key_down = Job.start, on_keydown = Job.start }
    end)
  end)

  it("refuses anything else", function()
    fails("ui.p: on_click: an event .* got the string \"x\"", function() on "x" end)
    fails("unexpected key handler", function() on { handler = "Job.start" } end)
  end)

  it("is what a page offers to clients", function()
    local _, offers = tree.build(ui.p { on_click = { Job.start, Job.start }, ui.b { on_click = Job.add(1) } })
    table.sort(offers)
    assert.same({ "Job.add", "Job.start" }, offers)
  end)
end)
