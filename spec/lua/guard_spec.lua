-- guard_spec.lua: the roads by which a state might be written, each in every place where nobody may: it raises, names what and
-- where, and changes nothing, for the task, for who reads anew, and for the page. Roads that need a place of their own are in
-- roads_spec.lua.
local tl, t = require "tidelock", require "tidelock.testing"
local bench = require "spec.lua.apps.roads_bench"

local APP = "spec/lua/apps/roads.lua"

-- Roads ------------------------------------------------------------------------------------------

---@class guard.Road
---@field name string
---@field path string what the message has to name
---@field go fun(self: table, k: table) k: proxies that the place gives, by name

local roads = {}

local function road(name, path, go) roads[#roads + 1] = { name = name, path = path, go = go } end

local function write_counter(s) return function() s.counter = 1 end end

-- Vars.
road("a var", "Job.counter", function(s) s.counter = 1 end)
road("a var, with what it holds", "Job.counter", function(s) s.counter = 0 end)
road("a var, with nil", "Job.name", function(s) s.name = nil end)
road("a var, with a value that no state keeps", "Job.counter", function(s) s.counter = print end)
road("a var, by an index", "Job.counter", function(s) s["coun" .. "ter"] = 1 end)
road("a container's var", "Job.items", function(s) s.items = {} end)
road("a container's var, with itself", "Job.items", function(s) s.items = s.items end)
road("a backend var", "Job._secret", function(s) s._secret = 1 end)
road("a computed var", "Job.total", function(s) s.total = 1 end)
road("what a computed var gave", "Job.shown", function(s) s.shown.n = 1 end)
road("below what a computed var gave", "Job.shown.first.title", function(s) s.shown.first.title = "Cake" end)
road("the router", "Job.router", function(s) s.router = {} end)
road("several at once", "Job.", function(s) s.a, s.b = 1, 2 end)
road("rawset on the state", "Job.counter", function(s) rawset(s, "counter", 1) end)
road("reset", "Job.reset()", function(s) s:reset() end)
road("reset, without the colon", "Job.reset()", function(s) s.reset(s) end)

-- Elements, by way of the state.
road("a field of an element", "Job.items[2].title", function(s) s.items[2].title = "Cake" end)
road("a field, with what it holds", "Job.items[1].title", function(s) s.items[1].title = "Milk" end)
road("a field, with what no state keeps", "Job.items[2].title", function(s) s.items[2].title = 0 / 0 end)
road("a new field", "Job.items[2].done", function(s) s.items[2].done = true end)
road("below a map", "Job.jobs.build.n", function(s) s.jobs.build.n = 5 end)
road("deep below a list", "Job.items[1].tags[2]", function(s) s.items[1].tags[2] = "hot" end)
road("an element", "Job.items[1]", function(s) s.items[1] = { id = 9 } end)
road("a swap", "Job.items[", function(s) s.items[1], s.items[2] = s.items[2], s.items[1] end)
road("a new element", "Job.items[4]", function(s) s.items[#s.items + 1] = {} end)
road("the last element, with nil", "Job.items[3]", function(s) s.items[3] = nil end)
road("a hole", "Job.items[1]", function(s) s.items[1] = nil end)
road("an element far beyond the end", "Job.items[99]", function(s) s.items[99] = 1 end)
road("a new key", "Job.jobs.new", function(s) s.jobs.new = {} end)
road("a key, with nil", "Job.jobs.build", function(s) s.jobs.build = nil end)
road("a key that is not there, with nil", "Job.jobs.nothing", function(s) s.jobs.nothing = nil end)
road("a key of the wrong kind", "Job.jobs[7]", function(s) s.jobs[7] = 1 end)
road("rawset on an element", "Job.items[1]", function(s) rawset(s.items, 1, {}) end)
road("rawset on a field", "Job.items[2].title", function(s) rawset(s.items[2], "title", "Cake") end)

-- The methods and functions of lists.
road("push", "Job.items", function(s) s.items:push { id = 4 } end)
road("push of nothing", "Job.items", function(s) s.items:push() end)
road("push of many", "Job.items", function(s) s.items:push({}, {}, {}) end)
road("insert", "Job.items", function(s) s.items:insert(1, { id = 4 }) end)
road("remove", "Job.items", function(s) s.items:remove(1) end)
road("remove of what is not there", "Job.items[3].tags", function(s) s.items[3].tags:remove() end)
road("sort", "Job.items", function(s) s.items:sort(function(x, y) return x.id > y.id end) end)
road("clear", "Job.items[1].tags", function(s) s.items[1].tags:clear() end)
road("clear of what is empty", "Job.items[3].tags", function(s) s.items[3].tags:clear() end)
road("a method taken off the list", "Job.items", function(s) local push = s.items.push push(s.items, 1) end)
road("a list's method on another list", "Job.items[1].tags", function(s) s.items.push(s.items[1].tags, 1) end)
road("table.insert", "Job.items", function(s) table.insert(s.items, { id = 4 }) end)
road("table.insert at a position", "Job.items", function(s) table.insert(s.items, 1, { id = 4 }) end)
road("table.remove", "Job.items", function(s) table.remove(s.items) end)
road("table.remove at a position", "Job.items", function(s) table.remove(s.items, 2) end)
road("table.sort", "Job.jobs.build.steps", function(s) table.sort(s.jobs.build.steps) end)
road("table.sort by a function", "Job.items", function(s) table.sort(s.items, function(x, y) return x.id > y.id end) end)
road("table.move within", "Job.items[", function(s) table.move(s.items, 1, 2, 2) end)
road("table.move onto", "Job.items[1].tags[1]", function(s) table.move({ "a", "b" }, 1, 2, 1, s.items[1].tags) end)
road("tl.append to a var", "Job.name", function(s) tl.append(s, "name", "y") end)
road("tl.append of nothing", "Job.name", function(s) tl.append(s, "name", "") end)
road("tl.append to a field", "Job.items[2].title", function(s) tl.append(s.items[2], "title", "y") end)
road("tl.append to an element", "Job.items[1].tags[2]", function(s) tl.append(s.items[1].tags, 2, "y") end)

-- What walks and raw functions give.
road("what rawget gives", "Job.items[2].title", function(s) rawget(s.items, 2).title = "Cake" end)
road("what next gives", "Job.items[1].title", function(s) select(2, next(s.items)).title = "Cake" end)
road("what ipairs gives", "Job.items[1].title", function(s) for _, item in ipairs(s.items) do item.title = "Cake" end end)
road("what pairs gives", "Job.jobs.build.n", function(s) for _, job in pairs(s.jobs) do job.n = 7 end end)
road("what table.unpack gives", "Job.items[3].title", function(s) select(3, table.unpack(s.items)).title = "Cake" end)
road("what a table of proxies gives", "Job.items[1].id", function(s) ({ [1] = s.items[1] })[1].id = 9 end)

-- Code that somebody else calls.
road("a method that writes", "Job.counter", function(s) s:_count() end)
road("a handler, called", "Job.", function(s) s:bump() end)
road("a setter, called", "Job.name", function(s) s:set_name "y" end)
road("another state", "Other.step", function(s) s:get_state(bench.Other).step = 2 end)
road("another state by its name, deeper", "Other.list[1]", function(s) s:get_state "Other".list[1] = 9 end)
road("another state's reset", "Other.reset()", function(s) s:get_state "Other":reset() end)
road("a coroutine.wrap", "Job.counter", function(s) coroutine.wrap(write_counter(s))() end)
road("a coroutine.resume", "Job.counter", function(s) error(select(2, coroutine.resume(coroutine.create(write_counter(s)))), 0) end)
road("a pcall", "Job.counter", function(s) error(select(2, pcall(write_counter(s))), 0) end)
road("an xpcall", "Job.counter", function(s) error(select(2, xpcall(write_counter(s), function(e) return e end)), 0) end)
road("a gsub", "Job.counter", function(s) ("x"):gsub("x", write_counter(s)) end)
road("a comparison", "Job.counter", function(s) table.sort({ 2, 1 }, write_counter(s)) end)
road("a metamethod", "Job.counter", function(s) return setmetatable({}, { __index = write_counter(s) }).x end)
road("an __add", "Job.counter", function(s) return setmetatable({}, { __add = write_counter(s) }) + 1 end)
road("an iterator", "Job.counter", function(s) for _ in write_counter(s) do break end end)
road("a <close>", "Job.counter", function(s) local _ <close> = setmetatable({}, { __close = write_counter(s) }) end)
road("a deferred function", "Job.counter", function(s) local _ <close> = tl.defer(write_counter(s)) end)
road("a tl.timeout", "Job.counter", function(s) tl.timeout(1, write_counter(s)) end)
road("a tl.gather", "Job.counter", function(s) tl.gather(write_counter(s)) end)
road("a tl.spawn", "Job.counter", function(s) tl.spawn(write_counter(s)):await() end)
road("a chunk that was loaded", "Job.counter", function(s) load("local s = ... s.counter = 1", "=guard_spec.lua")(s) end)
road("a tail call", "Job.counter", function(s) return write_counter(s)() end)

-- Proxies that the place has kept: the holder's own, those of a block that has ended.
road("a kept element", "Job.items[2].title", function(_, k) k.item.title = "Cake" end)
road("an element of a kept list", "Job.items[2].title", function(_, k) k.items[2].title = "Cake" end)
road("a kept map", "Job.jobs.new", function(_, k) k.jobs.new = 1 end)
road("below a kept map", "Job.jobs.build.n", function(_, k) k.jobs.build.n = 5 end)
road("push onto a kept list", "Job.items", function(_, k) k.items:push(1) end)
road("table.insert into a kept list", "Job.items[1].tags", function(_, k) table.insert(k.tags, "hot") end)
road("table.remove from a kept list", "Job.items", function(_, k) table.remove(k.items) end)
road("table.sort of a kept list", "Job.items[1].tags", function(_, k) table.sort(k.tags) end)
road("clear of a kept list", "Job.items[1].tags", function(_, k) k.tags:clear() end)
road("rawset on a kept element", "Job.items[2].title", function(_, k) rawset(k.item, "title", "Cake") end)
road("tl.append to a kept element", "Job.items[2].title", function(_, k) tl.append(k.item, "title", "y") end)
road("a kept closure", "Job.items[2].title", function(_, k) k.write() end)
road("a kept walk", "Job.items[1].title", function(_, k) select(2, k.step(k.walk)).title = "Cake" end)

local function kept_of(self)
  local item = self.items[2]
  local step, walk = pairs(self.items)
  return {
    items = self.items, item = item, tags = self.items[1].tags, jobs = self.jobs, step = step, walk = walk,
    write = function() item.title = "Cake" end,
  }
end

-- Places -----------------------------------------------------------------------------------------

-- Each calls try(self, kept) where self may not be written. token: another tab's.
local places = {}

places[1] = { "in a task", function(self, try) try(self, kept_of(self)) end }

places[2] = { "in a sibling of gather, while the other is in the block", function(self, try)
  local kept
  tl.gather(function()
    tl.with_state(self, function()
      kept = kept_of(self)
      tl.sleep(2)
    end)
  end, function()
    tl.sleep(1)
    try(self, kept)
  end)
end }

places[3] = { "with what modify_state gave", function(self, try)
  try(tl.modify_state(self:get_token(), bench.Job, function(state) return state, kept_of(state) end))
end }

places[4] = { "in modify_state of another tab", function(self, try, token)
  tl.modify_state(token, bench.Job, function() try(self, kept_of(self)) end)
end }

places[5] = { "after a block", function(self, try)
  try(self, tl.with_state(self, kept_of))
end }

places[6] = { "after a block that failed", function(self, try)
  local kept
  pcall(tl.with_state, self, function()
    self.items[2].title, self.counter = "Soup", 5
    kept = kept_of(self)
    error "undo"
  end)
  try(self, kept)
end }

-- What must hold ---------------------------------------------------------------------------------

local REMEDIES = { "with_state", "modify_state", "read it again", "tl.redirect", "computed" }

local function says_one_of(message, words)
  for _, word in ipairs(words) do
    if message:find(word, 1, true) then return true end
  end
  return false
end

-- The lines from which a road may write: its own, those of what it calls here.
local function is_line_of(go, line)
  for _, fn in ipairs { go, write_counter, kept_of } do
    local info = debug.getinfo(fn, "S")
    if line >= info.linedefined and line <= info.lastlinedefined then return true end
  end
  return false
end

-- The app's own methods, and the chunk that was loaded, are not of this file.
local ELSEWHERE = { ["spec/lua/apps/roads.lua"] = true, ["guard_spec.lua"] = true }

local function names_the_line(err, go)
  local file, line = err.where:match "^(.*):(%d+)$"
  assert.is_truthy(err.message:find(err.where, 1, true), err.message)
  return ELSEWHERE[file] or file == "spec/lua/guard_spec.lua" and is_line_of(go, tonumber(line))
end

local function refused(one, self, kept)
  local ok, err = pcall(one.go, self, kept)
  assert.is_false(ok, "nothing was raised")
  assert.is_true(tl.is_error(err, "ImmutableStateError"), tostring(err))
  assert.is_truthy(err.message:find(one.path, 1, true), err.message)
  assert.is_true(says_one_of(err.message, REMEDIES), err.message)
  assert.is_true(names_the_line(err, one.go), tostring(err))
end

local function page_of(tab) return { tab:state "Job", tab:state "Other" } end

local function in_place(one, place)
  local tab, other = t.open(APP), t.open(APP)
  local before, token = page_of(tab), nil
  bench.handler(other, function(theirs) token = theirs:get_token() end)
  bench.task(tab, function(self)
    local seen = bench.content(self)
    place(self, function(state, kept)
      refused(one, state, kept)
      assert.same(seen, bench.content(state))
    end, token)
    assert.same(seen, bench.content(self))
    assert.same(seen, tl.with_state(self, bench.content))
  end)
  assert.same(before, page_of(tab))
  assert.same({}, tab:deltas())
  assert.same({}, other:deltas())
  assert.same({}, tab:errors())
  assert.same({}, tl.tasks())
end

for _, place in ipairs(places) do
  describe(place[1], function()
    for _, one in ipairs(roads) do
      -- holds: outside.write
      it(one.name .. " is refused", function() in_place(one, place[2]) end)
    end
  end)
end
