-- drafts_spec.lua: what may be done to nested values in one handler or block, case by case: what is there afterwards, and what it costs
-- to tell the page. Each case runs in a handler, in a block of a task, in a block that fails, and against a page that begins anew.
-- How long proxies live is in proxy_spec.lua; drafts are held to a model by chance in spec/core/draft_model_spec.c.
local tl, t = require "tidelock", require "tidelock.testing"
local native = require "tidelock.native"
local probe = require "spec.lua.support.probe"

local APP = "spec/lua/apps/drafts.lua"

-- Running a case ---------------------------------------------------------------------------------

---@class drafts.Case
---@field name string
---@field run fun(self: table)
---@field want table<string, any> what the vars hold afterwards; those that are not named hold what they held. tl.null: nil
---@field bytes integer|nil the patch has at most these; 0: nothing is sent

local function content(self)
  local out = {}
  for _, var in ipairs { "n", "name", "note", "text", "items", "jobs", "numbers", "grid", "tree", "empty", "none", "_hidden" } do
    out[var] = tl.copy(self[var])
  end
  return out
end

-- What the host holds, read by a task that comes anew.
local function fresh(tab)
  local out
  probe.outside(tab, function(self) out = content(self) end)
  return out
end

local function expected(before, want)
  local out = {}
  for var, value in pairs(before) do out[var] = value end
  for var, value in pairs(want) do
    if value == tl.null then value = nil end
    out[var] = value
  end
  return out
end

local function public(held)
  local out = {}
  for var, value in pairs(held) do
    if var:sub(1, 1) ~= "_" then out[var] = value end
  end
  return out
end

-- Text in which lists and maps differ, empty ones as well; a nil var is null or absent.
local function page_of(tab)
  local page = {}
  for var, value in pairs(tab:state "Job") do
    if value ~= native.null then page[var] = value end
  end
  return page
end

local function patch_bytes(tab)
  local n = 0
  for _, delta in ipairs(tab:deltas()) do n = n + #native.json_encode(delta.patch) end
  return n
end

-- The page, as a newcomer with this token is told it.
local function begin_anew(tab)
  tab:disconnect()
  tab.link.version = nil
  tab:reconnect()
end

local function sent_what_was_needed(case, tab)
  local n = patch_bytes(tab)
  if case.bytes == 0 then
    assert.same({}, tab:deltas())
  else
    assert.equal(1, #tab:deltas())
    assert.is_true(n <= (case.bytes or math.huge), ("the patch has %d bytes: %s"):format(n, native.json_encode(tab:deltas()[1].patch)))
  end
end

local function ends_as_wanted(case, tab, before)
  local want = expected(before, case.want)
  assert.same(want, fresh(tab))
  assert.same(public(want), page_of(tab))
  assert.same({}, tab:errors())
  sent_what_was_needed(case, tab)
end

local ways = {}

ways[1] = { "in a handler", function(case, tab, before)
  probe.inside(tab, case.run)
  ends_as_wanted(case, tab, before)
end }

ways[2] = { "in a block", function(case, tab, before)
  probe.outside(tab, function(self)
    tl.with_state(self, case.run)
    assert.same(expected(before, case.want), content(self))
  end)
  ends_as_wanted(case, tab, before)
end }

ways[3] = { "in a block that fails", function(case, tab, before)
  probe.outside(tab, function(self)
    local inside
    local ok, err = pcall(tl.with_state, self, function()
      case.run(self)
      inside = content(self)
      error("undo", 0)
    end)
    assert.is_false(ok)
    assert.equal("undo", err)
    assert.same(expected(before, case.want), inside)
    assert.same(before, content(self))
  end)
  assert.same(before, fresh(tab))
  assert.same(public(before), page_of(tab))
  assert.same({}, tab:deltas())
end }

ways[4] = { "as a new page sees it", function(case, tab, before)
  probe.inside(tab, case.run)
  local page = native.json_encode(tab:state "Job")
  begin_anew(tab)
  assert.equal(page, native.json_encode(tab:state "Job"))
  assert.same(public(expected(before, case.want)), page_of(tab))
end }

---@param name string
---@param run fun(self: table)
---@param want table<string, any>
---@param bytes integer|nil
local function case(name, run, want, bytes)
  local one = { name = name, run = run, want = want, bytes = bytes }
  for _, way in ipairs(ways) do
    it(("%s, %s"):format(name, way[1]), function()
      local tab = t.open(APP)
      way[2](one, tab, fresh(tab))
    end)
  end
end

-- What is undone within the handler or block: nothing is different, nothing is sent.
local function nothing(name, run) case(name, run, {}, 0) end

-- The values of drafts.lua, anew for each case -------------------------------------------------------

local function merged(value, changes)
  for key, new in pairs(changes or {}) do value[key] = new end
  return value
end

local function a(changes) return merged({ id = 1, t = "a", tags = { "x", "y" } }, changes) end
local function b(changes) return merged({ id = 2, t = "b", tags = { "z" } }, changes) end
local function c(changes) return merged({ id = 3, t = "c", tags = {} }, changes) end
local function build(changes) return merged({ n = 1, steps = { "get", "make" } }, changes) end
local function test(changes) return merged({ n = 2, steps = { "run" } }, changes) end
local function leaf(name) return { name = name, kids = {} } end

local function by_id_down(x, y) return x.id > y.id end

describe("assigning", function()
  case("a var", function(self) self.n = 5 end, { n = 5 }, 15)
  case("several vars", function(self) self.n, self.name = 1, "y" end, { n = 1, name = "y" }, 27)
  case("a field of an element", function(self) self.items[2].t = "B" end, { items = { a(), b { t = "B" }, c() } }, 55)
  case("a field three levels down", function(self) self.tree.kids[2].kids[1].name = "deep" end,
    { tree = { name = "root", kids = { leaf "l", { name = "r", kids = { leaf "deep" } } } } }, 100)
  case("an element of a list in a map", function(self) self.jobs.build.steps[1] = "fetch" end,
    { jobs = { build = build { steps = { "fetch", "make" } }, test = test() } }, 75)
  case("a cell of a grid", function(self) self.grid[2][1] = 9 end, { grid = { { 1, 2 }, { 9, 4 } } }, 68)
  case("a new key", function(self) self.jobs.new = { n = 3 } end, { jobs = { build = build(), test = test(), new = { n = 3 } } }, 50)
  case("a new key two levels down", function(self) self.jobs.build.by = "me" end,
    { jobs = { build = build { by = "me" }, test = test() } }, 45)
  case("a new element at the end", function(self) self.numbers[5] = 2 end, { numbers = { 5, 3, 8, 1, 2 } }, 46)
  case("a whole list over a list, with one change", function(self) self.numbers = { 5, 3, 9, 1 } end, { numbers = { 5, 3, 9, 1 } }, 46)
  case("a whole map over a map, with one change",
    function(self) self.jobs = { build = { n = 7, steps = { "get", "make" } }, test = { n = 2, steps = { "run" } } } end,
    { jobs = { build = build { n = 7 }, test = test() } }, 40)
  case("a map over a list", function(self) self.numbers = { a = 1 } end, { numbers = { a = 1 } })
  case("a list over a map", function(self) self.jobs = { 1, 2 } end, { jobs = { 1, 2 } })
  case("a scalar over a container", function(self) self.grid[1] = 0 end, { grid = { 0, { 3, 4 } } })
  case("a container over a scalar", function(self) self.numbers[1] = { 5 } end, { numbers = { { 5 }, 3, 8, 1 } })
  case("a container to a var that was nil", function(self) self.note = { deep = { 1 } } end, { note = { deep = { 1 } } })
  case("nil to a var", function(self) self.name = nil end, { name = tl.null }, 24)
  -- holds: patch.nil.key
  case("nil to a key", function(self) self.jobs.build = nil end, { jobs = { test = test() } }, 45)
  case("nil to the last element", function(self) self.numbers[#self.numbers] = nil end, { numbers = { 5, 3, 8 } }, 50)
  case("a null to an element", function(self) self.numbers[2] = tl.null end, { numbers = { 5, tl.null, 8, 1 } })
  case("true and false", function(self) self.items[1].done, self.items[2].done = true, false end,
    { items = { a { done = true }, b { done = false }, c() } }, 90)
  case("an empty table keeps the kind of a map", function(self)
    self.jobs = {}
    self.jobs.only = 1
  end, { jobs = { only = 1 } })
  case("an empty table keeps the kind of a list", function(self)
    self.numbers = {}
    self.numbers[1] = 7
  end, { numbers = { 7 } })
  case("a key of an empty map", function(self) self.none.k = "v" end, { none = { k = "v" } })
  case("an element of an empty list", function(self) self.empty[1] = "v" end, { empty = { "v" } })
  case("keys that begin with a dollar, are empty, or have dots", function(self)
    self.none["$"], self.none["$$a"], self.none[""], self.none["a.b"] = 1, { 2 }, 3, 4
  end, { none = { ["$"] = 1, ["$$a"] = { 2 }, [""] = 3, ["a.b"] = 4 } })
  case("a list that looks like an instruction of a patch", function(self) self.jobs.build = { ["$"] = { "del" } } end,
    { jobs = { build = { ["$"] = { "del" } }, test = test() } })
  case("text at the end of a text", function(self) self.text = self.text .. "Done." end,
    { text = ("All work and no play. "):rep(20) .. "Done." }, 50)
  case("text at the front of a text", function(self) self.text = "Well: " .. self.text end,
    { text = "Well: " .. ("All work and no play. "):rep(20) })
  case("what a backend var holds sends nothing", function(self) self._hidden[3] = { 4 } end, { _hidden = { 1, 2, { 4 } } }, 0)
end)

describe("lists", function()
  case("push", function(self) self.numbers:push(2) end, { numbers = { 5, 3, 8, 1, 2 } }, 46)
  case("push of several", function(self) self.numbers:push(2, 4) end, { numbers = { 5, 3, 8, 1, 2, 4 } }, 48)
  case("insert at the front", function(self) self.items:insert(1, { id = 0 }) end, { items = { { id = 0 }, a(), b(), c() } }, 51)
  case("insert in the middle", function(self) table.insert(self.numbers, 3, 7) end, { numbers = { 5, 3, 7, 8, 1 } }, 46)
  case("remove from the front", function(self) self.items:remove(1) end, { items = { b(), c() } }, 45)
  case("remove from the middle", function(self) table.remove(self.items, 2) end, { items = { a(), c() } }, 45)
  case("remove from the end", function(self) table.remove(self.items) end, { items = { a(), b() } }, 45)
  case("clear", function(self) self.items:clear() end, { items = {} }, 45)
  case("clear and fill", function(self)
    self.numbers:clear()
    self.numbers:push(5, 3, 8, 2)
  end, { numbers = { 5, 3, 8, 2 } }, 46)
  case("shift and push: a queue", function(self) self.numbers:push(table.remove(self.numbers, 1)) end, { numbers = { 3, 8, 1, 5 } }, 70)
  case("pop and put in front", function(self) table.insert(self.numbers, 1, table.remove(self.numbers)) end,
    { numbers = { 1, 5, 3, 8 } }, 70)
  -- holds: proxy.table.move
  case("move within", function(self) table.move(self.numbers, 1, 2, 3) end, { numbers = { 5, 3, 5, 3 } })
  case("move down over itself", function(self)
    table.move(self.numbers, 2, 4, 1)
    table.remove(self.numbers)
  end, { numbers = { 3, 8, 1 } }, 50)
  case("splice while walking up", function(self)
    local i = 1
    while i <= #self.numbers do
      if self.numbers[i] > 4 then table.remove(self.numbers, i) else i = i + 1 end
    end
  end, { numbers = { 3, 1 } }, 70)
  case("splice while walking down", function(self)
    for i = #self.items, 1, -1 do
      if self.items[i].id ~= 2 then table.remove(self.items, i) end
    end
  end, { items = { b() } }, 70)
  case("remove in pairs, which walks what was there", function(self)
    for _, item in pairs(self.items) do
      item.seen = true
      if item.id == 1 then self.items:remove(1) end
    end
  end, { items = { b { seen = true }, c { seen = true } } })
  case("insert in pairs, which walks what was there", function(self)
    for i, n in pairs(self.numbers) do
      if i % 2 == 0 then self.numbers:push(n * 10) end
    end
  end, { numbers = { 5, 3, 8, 1, 30, 10 } }, 50)
  case("ipairs sees what is pushed meanwhile", function(self)
    for i, n in ipairs(self.numbers) do
      if i < 6 then self.numbers:push(n) end
    end
  end, { numbers = { 5, 3, 8, 1, 5, 3, 8, 1, 5 } })
  case("reverse by swaps", function(self)
    local list = self.items
    for i = 1, #list // 2 do list[i], list[#list + 1 - i] = list[#list + 1 - i], list[i] end
  end, { items = { c(), b(), a() } }, 75)
  case("rotate by three", function(self)
    local list = self.items
    list[1], list[2], list[3] = list[2], list[3], list[1]
  end, { items = { b(), c(), a() } }, 55)
  case("filter and assign", function(self)
    local kept = {}
    for _, item in ipairs(self.items) do
      if item.id ~= 2 then kept[#kept + 1] = item end
    end
    self.items = kept
  end, { items = { a(), c() } }, 45)
  case("filter, then change what was kept through the old proxy", function(self)
    local last = self.items[3]
    self.items = { self.items[1], last }
    last.t = "C"
  end, { items = { a(), c { t = "C" } } })
  case("map and assign", function(self)
    local out = {}
    for i, n in ipairs(self.numbers) do out[i] = n * 2 end
    self.numbers = out
  end, { numbers = { 10, 6, 16, 2 } })
  case("concatenate two lists", function(self)
    for _, n in ipairs(self.grid[2]) do self.grid[1]:push(n) end
    self.grid:remove(2)
  end, { grid = { { 1, 2, 3, 4 } } })
  case("transpose a grid", function(self)
    local grid = self.grid
    grid[1][2], grid[2][1] = grid[2][1], grid[1][2]
  end, { grid = { { 1, 3 }, { 2, 4 } } })
  case("sort plain values", function(self) table.sort(self.numbers) end, { numbers = { 1, 3, 5, 8 } })
  case("sort by a function", function(self) self.items:sort(by_id_down) end, { items = { c(), b(), a() } }, 75)
  case("sort, and write through a proxy from before", function(self)
    local first = self.items[1]
    table.sort(self.items, by_id_down)
    first.t = "last"
  end, { items = { c(), b(), a { t = "last" } } })
  case("sort by a field of what is nested", function(self)
    self.items:sort(function(x, y) return #x.tags < #y.tags end)
  end, { items = { c(), b(), a() } }, 75)
  case("sort is stable", function(self)
    self.items[1].rank, self.items[2].rank, self.items[3].rank = 1, 0, 1
    self.items:sort(function(x, y) return x.rank < y.rank end)
  end, { items = { b { rank = 0 }, a { rank = 1 }, c { rank = 1 } } })
  -- holds: proxy.removed.insert
  case("push of an element that was removed copies it", function(self)
    local gone = self.items:remove(1)
    self.items:push(gone)
    gone.t = "nobody sees it"
  end, { items = { b(), c(), a() } })
  -- holds: assign.copy
  case("insert of a table, which is copied", function(self)
    local mine = { id = 4, tags = {} }
    self.items:push(mine)
    mine.id = 5
    mine.tags[1] = "q"
  end, { items = { a(), b(), c(), { id = 4, tags = {} } } }, 70)
end)

describe("aliases", function()
  case("a proxy assigned elsewhere is a copy, and the first goes on", function(self)
    local first = self.items[1]
    self.note = first
    first.t = "A"
  end, { items = { a { t = "A" }, b(), c() }, note = a() })
  case("writing to the copy leaves the first alone", function(self)
    self.note = self.items[1]
    self.note.t = "N"
    self.note.tags:push "n"
  end, { note = a { t = "N", tags = { "x", "y", "n" } } })
  case("the same proxy twice in one list", function(self)
    self.items:push(self.items[1])
    self.items[1].t = "A"
    self.items[4].id = 4
  end, { items = { a { t = "A" }, b(), c(), a { id = 4 } } })
  case("the same plain table twice", function(self)
    local tags = { "p" }
    self.items[1].tags, self.items[2].tags = tags, tags
    self.items[1].tags:push "q"
  end, { items = { a { tags = { "p", "q" } }, b { tags = { "p" } }, c() } })
  case("two names of one proxy write to one element", function(self)
    local one, same = self.items[2], self.items[2]
    one.t, same.tags = "B", {}
  end, { items = { a(), b { t = "B", tags = {} }, c() } }, 65)
  case("a proxy inside of a plain table", function(self)
    self.note = { first = self.items[1], n = 1 }
    self.items[1].t = "A"
  end, { items = { a { t = "A" }, b(), c() }, note = { first = a(), n = 1 } })
  case("a list into itself is a copy of what it was", function(self) self.grid:push(self.grid) end,
    { grid = { { 1, 2 }, { 3, 4 }, { { 1, 2 }, { 3, 4 } } } })
  case("a map below itself", function(self) self.jobs.build.copy = self.jobs.build end,
    { jobs = { build = build { copy = build() }, test = test() } })
  case("a parent below its child", function(self) self.tree.kids[1].kids[1] = self.tree.kids end,
    { tree = { name = "root", kids = {
      { name = "l", kids = { { leaf "l", { name = "r", kids = { leaf "rl" } } } } }, { name = "r", kids = { leaf "rl" } } } } })
  case("a child in place of its parent", function(self) self.tree = self.tree.kids[2] end,
    { tree = { name = "r", kids = { leaf "rl" } } })
  case("a child in place of its parent, and the proxy goes along", function(self)
    local right = self.tree.kids[2]
    self.tree = right
    right.name = "R"
  end, { tree = { name = "R", kids = { leaf "rl" } } })
  case("swap two elements, proxies follow", function(self)
    local one, three = self.items[1], self.items[3]
    self.items[1], self.items[3] = three, one
    one.t, three.t = "one", "three"
  end, { items = { c { t = "three" }, b(), a { t = "one" } } })
  case("swap what two keys hold", function(self)
    local jobs = self.jobs
    jobs.build, jobs.test = jobs.test, jobs.build
    jobs.build.n = 20
  end, { jobs = { build = test { n = 20 }, test = build() } })
  case("swap two vars", function(self) self.numbers, self.grid = self.grid, self.numbers end,
    { numbers = { { 1, 2 }, { 3, 4 } }, grid = { 5, 3, 8, 1 } })
  case("move a value from one var to another", function(self)
    local build_ = self.jobs.build
    self.note = build_
    self.jobs.build = nil
  end, { note = build(), jobs = { test = test() } })
  case("move to another list", function(self)
    local gone = self.items[1].tags:remove(1)
    self.items[2].tags:push(gone)
  end, { items = { a { tags = { "y" } }, b { tags = { "z", "x" } }, c() } }, 124)
  case("move a subtree under a sibling", function(self)
    local kids = self.tree.kids
    kids[2].kids:push(kids[1])
    kids:remove(1)
  end, { tree = { name = "root", kids = { { name = "r", kids = { leaf "rl", leaf "l" } } } } })
  case("rename a key", function(self)
    self.jobs.make = self.jobs.build
    self.jobs.build = nil
    self.jobs.make.n = 9
  end, { jobs = { make = build { n = 9 }, test = test() } })
  case("a var assigned from another, both go on", function(self)
    self.numbers = self.grid[1]
    self.numbers:push(9)
    self.grid[1]:push(8)
  end, { numbers = { 1, 2, 9 }, grid = { { 1, 2, 8 }, { 3, 4 } } })
  case("tl.copy is free", function(self)
    local copy = tl.copy(self.items)
    copy[1].t = "A"
    copy[4] = { id = 4 }
    self.note = copy[1]
  end, { note = a { t = "A" } })
end)

describe("proxies kept", function()
  case("of a parent sees what its child writes", function(self)
    local kids, left = self.tree.kids, self.tree.kids[1]
    left.name = "L"
    self.n = #kids[1].name
  end, { tree = { name = "root", kids = { leaf "L", { name = "r", kids = { leaf "rl" } } } }, n = 1 })
  case("of an element follows inserts in front", function(self)
    local second = self.items[2]
    for _ = 1, 3 do self.items:insert(1, { id = 0 }) end
    second.t = "B"
  end, { items = { { id = 0 }, { id = 0 }, { id = 0 }, a(), b { t = "B" }, c() } })
  case("of an element follows removals in front", function(self)
    local third = self.items[3]
    self.items:remove(1)
    self.items:remove(1)
    third.tags:push "t"
  end, { items = { c { tags = { "t" } } } })
  -- holds: proxy.removed
  case("of a removed element changes nothing", function(self)
    local gone = self.items:remove(2)
    gone.t = "B"
    gone.tags:clear()
  end, { items = { a(), c() } }, 45)
  case("of a child of a removed element changes nothing", function(self)
    local tags = self.items[1].tags
    self.items:remove(1)
    tags:push "q"
  end, { items = { b(), c() } }, 45)
  case("of what was overwritten changes nothing", function(self)
    local old = self.jobs.build
    self.jobs.build = { n = 5 }
    old.n = 6
  end, { jobs = { build = { n = 5 }, test = test() } })
  case("of what clear took away changes nothing", function(self)
    local one = self.items[1]
    self.items:clear()
    one.t = "A"
  end, { items = {} })
  case("of a removed element, put back changed", function(self)
    local gone = self.items:remove(2)
    gone.t = "B"
    self.items:insert(2, gone)
  end, { items = { a(), b { t = "B" }, c() } }, 55)
  case("of a key that was deleted, put under another", function(self)
    local old = self.jobs.test
    self.jobs.test = nil
    old.n = 3
    self.jobs.check = old
  end, { jobs = { build = build(), check = test { n = 3 } } })
  case("of a table that was assigned is the state's, not the table's", function(self)
    local mine = { list = { 1 } }
    self.note = mine
    local list = self.note.list
    list:push(2)
    self.n = #mine.list
  end, { note = { list = { 1, 2 } }, n = 1 })
  case("over coroutines of the block", function(self)
    local co = coroutine.wrap(function(item)
      item.t = "one"
      item = coroutine.yield()
      item.t = "two"
    end)
    co(self.items[1])
    co(self.items[2])
  end, { items = { a { t = "one" }, b { t = "two" }, c() } })
  case("over a wait", function(self)
    local item = self.items[2]
    tl.sleep(0)
    item.t = "B"
  end, { items = { a(), b { t = "B" }, c() } }, 55)
  case("after an error that was caught", function(self)
    local item = self.items[2]
    pcall(function()
      item.t = "B"
      error "caught"
    end)
    item.id = 22
  end, { items = { a(), b { t = "B", id = 22 }, c() } })
  case("after a write that was refused", function(self)
    local item = self.items[2]
    assert.is_false((pcall(function() item.t = print end)))
    assert.is_false((pcall(function() item.tags[5] = "q" end)))
    item.t = "B"
  end, { items = { a(), b { t = "B" }, c() } }, 55)
end)

describe("what undoes itself", function()
  nothing("a var that is what it was", function(self) self.n, self.name = 0, "x" end)
  nothing("a number of another kind", function(self) self.numbers[1] = 5 end)
  nothing("there and back", function(self)
    self.n = 1
    self.n = 0
  end)
  nothing("a text cut and mended", function(self)
    local text = self.text
    self.text = text:sub(1, 10)
    self.text = text
  end)
  nothing("a field there and back", function(self)
    self.items[2].t = "B"
    self.items[2].t = "b"
  end)
  nothing("a field three levels down there and back", function(self)
    self.tree.kids[2].kids[1].name = "deep"
    self.tree.kids[2].kids[1].name = "rl"
  end)
  -- holds: assign.same
  nothing("an equal list", function(self) self.numbers = { 5, 3, 8, 1 } end)
  nothing("an equal map", function(self) self.jobs = { test = test(), build = build() } end)
  nothing("an equal element", function(self) self.items[3] = c() end)
  nothing("an element over itself", function(self) self.items[1] = self.items[1] end)
  nothing("a var over itself", function(self) self.items = self.items end)
  nothing("a copy over itself", function(self) self.items = tl.copy(self.items) end)
  nothing("push and pop", function(self)
    self.numbers:push(2)
    self.numbers:remove()
  end)
  nothing("insert and remove in front", function(self)
    self.items:insert(1, { id = 0 })
    self.items:remove(1)
  end)
  nothing("remove and put back", function(self) self.items:insert(2, self.items:remove(2)) end)
  nothing("delete and put back", function(self)
    local old = self.jobs.build
    self.jobs.build = nil
    self.jobs.build = old
  end)
  nothing("delete and make again", function(self)
    self.jobs.test = nil
    self.jobs.test = { steps = { "run" }, n = 2 }
  end)
  nothing("a new key that goes again", function(self)
    self.jobs.new = { n = 1 }
    self.jobs.new = nil
  end)
  nothing("a key that was not there goes", function(self) self.jobs.nothing = nil end)
  nothing("clear and fill as it was", function(self)
    self.numbers:clear()
    self.numbers:push(5, 3, 8, 1)
  end)
  nothing("a swap, twice", function(self)
    for _ = 1, 2 do self.items[1], self.items[3] = self.items[3], self.items[1] end
  end)
  nothing("a sort, and the same in reverse", function(self)
    self.items:sort(by_id_down)
    self.items:sort(function(x, y) return x.id < y.id end)
  end)
  nothing("a sort of what is sorted", function(self) self.items:sort(function(x, y) return x.id < y.id end) end)
  nothing("nil to what is nil", function(self) self.note = nil end)
  nothing("a container and nil again", function(self)
    self.note = { deep = { 1 } }
    self.note.deep:push(2)
    self.note = nil
  end)
  nothing("an empty list made and emptied", function(self)
    self.empty:push(1)
    self.empty:clear()
  end)
  nothing("an empty map made and emptied", function(self)
    self.none.a = 1
    self.none.a = nil
  end)
  nothing("of a removed element", function(self)
    local gone = self.items:remove(1)
    gone.t = "A"
    gone.t = "a"
    self.items:insert(1, gone)
  end)
  nothing("a walk over all of it", function(self)
    local n = 0
    for _, item in ipairs(self.items) do
      for _ in pairs(item) do n = n + 1 end
    end
    assert.equal(9, n)
  end)
  nothing("a write that was refused", function(self)
    assert.is_false((pcall(function() self.items:push({ id = 4 }, { bad = print }) end)))
    assert.is_false((pcall(function() self.numbers = { 1, 2, 0 / 0 } end)))
  end)
  nothing("pushes of which the last is refused", function(self)
    probe.raises("Job.numbers[6]", self.numbers.push, self.numbers, 2, print)
    probe.raises("Job.numbers: nil cannot be inserted", self.numbers.push, self.numbers, 2, nil, 3)
    local deep = {}
    for _ = 1, 62 do deep = { deep } end
    probe.raises("nest at most 64 deep", self.numbers.push, self.numbers, 2, 3, self.grid, { deep })
  end)
  nothing("reset of what nobody changed", function(self) self:reset() end)
  nothing("reset of what was changed in the same block", function(self)
    self.n, self.note = 5, { 1 }
    self.items:clear()
    self.jobs.build.n = 9
    self:reset()
  end)
end)

describe("together", function()
  case("a change beside one that undoes itself", function(self)
    self.items[1].t = "A"
    self.jobs.build.n = 5
    self.jobs.build.n = 1
  end, { items = { a { t = "A" }, b(), c() } }, 55)
  case("change, remove and change again: the last counts", function(self)
    self.items[2].t = "B"
    self.items:remove(1)
    self.items[1].t = "BB"
  end, { items = { b { t = "BB" }, c() } }, 75)
  case("a new element, changed before it is sent", function(self)
    self.items:push { id = 4, tags = {} }
    local new = self.items[4]
    new.t = "d"
    new.tags:push "new"
  end, { items = { a(), b(), c(), { id = 4, t = "d", tags = { "new" } } } }, 90)
  case("a counter in a map of maps", function(self)
    for _, word in ipairs { "b", "a", "b" } do self.none[word] = (self.none[word] or 0) + 1 end
  end, { none = { a = 1, b = 2 } }, 40)
  case("group by", function(self)
    local groups = {}
    for _, n in ipairs(self.numbers) do
      local name = n > 4 and "high" or "low"
      groups[name] = groups[name] or {}
      table.insert(groups[name], n)
    end
    self.note = groups
  end, { note = { high = { 5, 8 }, low = { 3, 1 } } })
  case("a recursive walk that writes", function(self)
    local function upper(node)
      node.name = node.name:upper()
      for _, kid in ipairs(node.kids) do upper(kid) end
    end
    upper(self.tree)
  end, { tree = { name = "ROOT", kids = { leaf "L", { name = "R", kids = { leaf "RL" } } } } })
  case("a recursive walk that prunes", function(self)
    local function prune(node)
      for i = #node.kids, 1, -1 do
        prune(node.kids[i])
        if #node.kids[i].kids == 0 and node.kids[i].name ~= "r" then node.kids:remove(i) end
      end
    end
    prune(self.tree)
  end, { tree = { name = "root", kids = { { name = "r", kids = {} } } } })
  case("reset of what was changed before", function(self)
    self.numbers:push(2)
    self._hidden:clear()
    self.name = "y"
    self:reset()
    self.name = "z"
  end, { name = "z" }, 22)
  case("a hundred rows, one field", function(self)
    for i = 1, 100 do self.empty:push { id = i } end
    for i = 100, 2, -1 do self.empty:remove(i) end
    self.empty[1].id = 7
  end, { empty = { { id = 7 } } }, 50)
end)
