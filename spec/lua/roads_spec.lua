-- roads_spec.lua: every road by which a state might be written by somebody who may not. Each must raise, say which value and what to
-- do, and change nothing: for the task, for a block that reads again, and for the page. Those that are the same everywhere are in
-- guard_spec.lua, which tries each in every place.
local tl, t = require "tidelock", require "tidelock.testing"
local bench = require "spec.lua.apps.roads_bench"

local APP = "spec/lua/apps/roads.lua"
local IMMUTABLE = "ImmutableStateError"
local WITH = "with_state"

local function page_of(tab) return { Job = tab:state "Job", Other = tab:state "Other" } end

-- Runs body(self, no, other) in a background task, where nothing may change. no(words, fn, ...): fn is refused with those words. other:
-- runs a function as a background task of another tab, and waits for it.
local function unchanged(body)
  local tab, second = t.open(APP), t.open(APP)
  local before, deltas = page_of(tab), #tab:deltas()
  local function no(words, fn, ...) return bench.raises(IMMUTABLE, words, fn, ...) end
  local waiting
  local theirs = bench.start(second, function(self)
    while waiting == nil do tl.sleep(1) end
    if waiting then waiting(self) end
  end)
  local function other(fn)
    waiting = fn
    while theirs.ok == nil do tl.sleep(1) end
    if not theirs.ok then error(theirs.err, 0) end
  end
  bench.task(tab, function(self)
    local seen = bench.content(self)
    body(self, no, other)
    assert.same(seen, bench.content(self))
    assert.same(seen, tl.with_state(self, bench.content))
  end)
  waiting = waiting or false
  bench.join(theirs)
  assert.same({}, second:deltas())
  assert.same(before, page_of(tab))
  assert.equal(deltas, #tab:deltas())
  assert.same({}, tab:errors())
end

local function road(name, body)
  it(name, function() unchanged(body) end)
end

local function fails(text, fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok, "it did not fail")
  assert.is_truthy(tostring(err):find(text, 1, true), tostring(err))
end

describe("a task that never entered", function()

  road("list:sort", function(self, no)
    local asked = 0
    no({ "Job.items", WITH }, function() self.items:sort(function(a, b) asked = asked + 1 return a.id > b.id end) end)
    assert.equal(0, asked)
  end)
  road("a method without its list", function(self)
    bench.raises("TypeError", { "with a colon" }, function() self.items.push(5) end)
    bench.raises("TypeError", { "with a colon" }, function() self.items.clear() end)
    bench.raises("TypeError", { "with a colon" }, function() self.reset() end)
    bench.raises("TypeError", { "with a colon" }, function() return self.get_state(bench.Job).counter end)
  end)

  road("table.sort", function(self, no)
    no({ "Job.jobs.build.steps", WITH }, table.sort, self.jobs.build.steps)
    no({ "Job.items", WITH }, table.sort, self.items, function(a, b) return a.id > b.id end)
  end)
  road("table.move onto it, and within it", function(self, no)
    no({ "Job.items[1].tags[1]", WITH }, table.move, { "a", "b" }, 1, 2, 1, self.items[1].tags)
    no({ "Job.items[", WITH }, table.move, self.items, 1, 2, 2)
  end)

  road("tl.append", function(self, no)
    no({ "Job.name", WITH }, tl.append, self, "name", "y")
    no({ "Job.name", WITH }, tl.append, self, "name", "")
    no({ "Job.name", WITH }, tl.append, self, "name", print)
    no({ "Job.counter", WITH }, tl.append, self, "counter", 1)
    no({ "Job._secret", WITH }, tl.append, self, "_secret", "y")
    no({ "Job.items[2].title", WITH }, tl.append, self.items[2], "title", "y")
    no({ "Job.items[2].title", WITH }, tl.append, self.items[2], "title")
    no({ "Job.items[1].tags[2]", WITH }, tl.append, self.items[1].tags, 2, "y")
    no({ "Job.items[1].tags[9]", WITH }, tl.append, self.items[1].tags, 9, "y")
    no({ "Job.jobs.build.steps[1]", WITH }, tl.append, self.jobs.build.steps, 1, "y")
    no({ "Job.shown.first.title" }, tl.append, self.shown.first, "title", "y")
    no({ "Job.router" }, tl.append, self, "router", "y")
  end)

  road("rawset", function(self, no)
    no({ "Job.items[2].title", WITH }, rawset, self.items[2], "title", "Cake")
    no({ "Job.items[1]", WITH }, rawset, self.items, 1, {})
    no({ "Job.counter", WITH }, rawset, self, "counter", 1)
  end)

  road("what rawget, next, ipairs, pairs, unpack, select give", function(self, no)
    no({ "Job.items[2].title" }, function() rawget(self.items, 2).title = "Cake" end)
    no({ "Job.items[1].title" }, function() select(2, next(self.items)).title = "Cake" end)
    no({ "Job.jobs.test.n" }, function() select(2, next(self.jobs, "build")).n = 7 end)
    for i, item in ipairs(self.items) do
      no({ ("Job.items[%d].title"):format(i) }, function() item.title = "Cake" end)
    end
    for i, item in pairs(self.items) do
      no({ ("Job.items[%d].title"):format(i) }, function() item.title = "Cake" end)
    end
    for name, job in pairs(self.jobs) do
      no({ "Job.jobs." .. name .. ".n" }, function() job.n = 7 end)
    end
    no({ "Job.items[3].title" }, function() select(3, table.unpack(self.items)).title = "Cake" end)
  end)

  road("a computed var", function(self, no)
    no({ "Job.total" }, function() self.total = 1 end)
    no({ "Job.shown", "computed" }, function() self.shown.n = 1 end)
    no({ "Job.shown.first.title" }, function() self.shown.first.title = "Cake" end)
  end)

  road("a chunk that was loaded", function(self, no)
    no({ "Job.counter", WITH }, load "local self = ... self.counter = 1", self)
    no({ "Job.items[2].title", WITH }, load(string.dump(function(s) s.items[2].title = "Cake" end)), self)
  end)

  road("coroutines", function(self, no)
    no({ "Job.counter", WITH }, coroutine.wrap(function() self.counter = 1 end))
    local ok, err = coroutine.resume(coroutine.create(function() self.items[2].title = "Cake" end))
    assert.is_false(ok)
    no({ "Job.items[2].title", WITH }, error, err)
  end)

  road("functions that Lua calls: gsub, a comparator, a message handler, load's reader", function(self, no)
    local function write() self.counter = 1 end
    no({ "Job.counter", WITH }, string.gsub, "x", "x", write)
    no({ "Job.counter", WITH }, table.sort, { 2, 1 }, write)
    no({ "Job.counter", WITH }, error, (select(2, load(write))))
    assert.is_false(xpcall(error, write, "x"))
    assert.equal(0, self.counter)
  end)

  road("metamethods", function(self, no)
    local function write() self.counter = 1 end
    local trap = setmetatable({}, { __index = write, __add = write, __tostring = write, __call = write, __pairs = write })
    no({ "Job.counter" }, function() return trap.x end)
    no({ "Job.counter" }, function() return trap + 1 end)
    no({ "Job.counter" }, tostring, trap)
    no({ "Job.counter" }, trap)
    no({ "Job.counter" }, pairs, trap)
    no({ "Job.counter" }, function() local _ <close> = setmetatable({}, { __close = write }) end)
  end)

  road("methods given to strings, numbers, functions, nil", function(self, no)
    local strings = getmetatable ""
    local index = strings.__index
    strings.__index = function(_, key) return function() self[key] = 1 end end
    local text = "x"
    local ok, err = pcall(text.counter)
    strings.__index = index
    assert.is_false(ok)
    no({ "Job.counter", WITH }, error, err)
    debug.setmetatable(1, { __call = function(n) self.counter = n end })
    ok, err = pcall(1)
    debug.setmetatable(1, nil)
    assert.is_false(ok)
    no({ "Job.counter", WITH }, error, err)
  end)

  road("a finalizer", function(self)
    local ran = 0
    setmetatable({}, { __gc = function() ran = 1 self.counter = 1 end })
    collectgarbage()
    collectgarbage()
    assert.equal(1, ran)
  end)

  road("tl.defer and tl.timeout", function(self, no)
    no({ "Job.counter", WITH }, function() local _ <close> = tl.defer(function() self.counter = 1 end) end)
    no({ "Job.counter", WITH }, tl.timeout, 1, function() self.counter = 1 end)
  end)

  road("tl.spawn", function(self, no)
    local task = tl.spawn(function(given) given.items[2].title = "Cake" end, self)
    no({ "Job.items[2].title", WITH }, task.await, task)
  end)

  road("tl.gather", function(self, no)
    no({ "Job.counter", WITH }, tl.gather, function() self.counter = 1 end, function() tl.sleep(1) end)
  end)

  road("the metatable", function(self, no)
    for _, thing in ipairs { self, self.items, self.items[1], bench.Job } do
      assert.equal("string", type(getmetatable(thing)))
      assert.equal("string", type(debug.getmetatable(thing)))
      fails("", setmetatable, thing, {})
      fails("protected", debug.setmetatable, thing, { __index = {} })
      fails("protected", debug.setmetatable, thing, nil)
    end
    no({ "Job.counter", WITH }, function() self.counter = 1 end)
  end)

  road("user values and the registry", function(self, no)
    local item = self.items[2]
    assert.is_nil(debug.getuservalue(item, 1))
    fails("user value", debug.setuservalue, item, self.items[1], 1)
    fails("user value", debug.setuservalue, self, {}, 1)
    fails("user value", debug.setuservalue, bench.Job, {}, 1)
    fails("registry", debug.getregistry)
    no({ "Job.items[2].title" }, function() item.title = "Cake" end)
  end)

  road("the metatables of locks and tasks", function(self)
    local task, deferred = tl.spawn(function() end), tl.defer(function() end)
    local ok, err = pcall(function()
      local lock <close> = tl.lock(self)
      for _, thing in ipairs { lock, task, deferred } do
        assert.equal("string", type(debug.getmetatable(thing)))
        fails("protected", debug.setmetatable, thing, { __close = function() end })
      end
      self.counter = 5
      error "boom"
    end)
    assert.is_false(ok)
    assert.is_truthy(tostring(err):find("boom", 1, true), tostring(err))
    task:await()
  end)

  road("the temporaries of C functions", function(self)
    local seen = 0
    local function look()
      for level = 2, 4 do
        if debug.getinfo(level, "S").what == "C" then
          for i = 1, 20 do
            if debug.getlocal(level, i) or debug.setlocal(level, i, nil) then seen = seen + 1 end
          end
        end
      end
      collectgarbage()
    end
    pcall(tl.with_state, self, function()
      table.sort(self.items, function(a, b)
        look()
        return a.id > b.id
      end)
      tl.timeout(1, look)
      assert.equal(3, self.items[1].id)
      error "roll back"
    end)
    assert.equal(0, seen)
    assert.equal("self", (debug.getlocal(1, 1)))
    assert.equal("self", (debug.getlocal(coroutine.running(), 1, 1)))
  end)

  road("upvalues of the functions of the guard", function(self, no)
    for _, fn in ipairs { self.items.push, table.insert, rawset, self.reset, tl.with_state, debug.getupvalue } do
      assert.is_nil(debug.getupvalue(fn, 1))
      assert.is_nil(debug.setupvalue(fn, 1, print))
      fails("", debug.upvaluejoin, fn, 1, function() return self end, 1)
    end
    no({ "Job.items" }, table.insert, self.items, { id = 4 })
  end)

  road("a hook", function(self, no)
    local hits, err = 0, nil
    debug.sethook(function()
      hits = hits + 1
      local _, problem = pcall(function() self.counter = 1 end)
      err = err or problem
    end, "l")
    local x = 1
    x = x + 1
    debug.sethook()
    assert.is_true(hits > 0)
    no({ "Job.counter", WITH }, error, err)
  end)

  road("an instance in another tab's task", function(self, no, other)
    other(function(theirs)
      no({ "Job.counter" }, function() self.counter = 1 end)
      tl.with_state(theirs, function()
        no({ "Job.counter", "another tab" }, function() self.counter = 1 end)
        no({ "Job.items[2].title", "another tab" }, function() self.items[2].title = "Cake" end)
        no({ "Job.items", "another tab" }, table.insert, self.items, { id = 4 })
        no({ "Job.name", "another tab" }, tl.append, self, "name", "y")
        no({ "Job.items[2].title", "another tab" }, tl.append, self.items[2], "title", "y")
        no({ "Job.reset()", "another tab" }, self.reset, self)
      end)
    end)
  end)
end)

-- holds: outside.write
describe("after a block", function()
  road("self", function(self, no)
    tl.with_state(self, function() return self.counter end)
    no({ "Job.counter", WITH }, function() self.counter = 1 end)
    self:with_state(function() return self.counter end)
    no({ "Job.items[2].title", WITH }, function() self.items[2].title = "Cake" end)
  end)

  -- holds: outside.kept
  road("a proxy kept", function(self, no)
    local items, item, tags = tl.with_state(self, function() return self.items, self.items[2], self.items[1].tags end)
    no({ "Job.items", WITH }, items.push, items, { id = 4 })
    no({ "Job.items[2].title", WITH }, function() item.title = "Cake" end)
    no({ "Job.items[1].tags", WITH }, table.insert, tags, "hot")
    no({ "Job.items[1].tags", WITH }, tags.clear, tags)
    no({ "Job.items[1].id", WITH }, function() items[1].id = 9 end)
    no({ "Job.items[2].title", WITH }, tl.append, item, "title", "y")
    no({ "Job.items[1].tags[1]", WITH }, tl.append, tags, 1, "y")
    assert.equal("Bread", item.title)
  end)

  road("a walk kept", function(self, no)
    local step, walk, key = tl.with_state(self, function()
      local step, walk, first = pairs(self.items)
      return step, walk, (step(walk, first))
    end)
    local _, item = step(walk, key)
    assert.equal("Bread", item.title)
    no({ "Job.items[2].title", WITH }, function() item.title = "Cake" end)
  end)

  road("a method kept", function(self, no)
    local push, reset = tl.with_state(self, function() return self.items.push, self.reset end)
    no({ "Job.items", WITH }, push, self.items, { id = 4 })
    no({ "Job.reset()", WITH }, reset, self)
  end)

  road("a closure kept", function(self, no)
    local write = tl.with_state(self, function()
      local items = self.items
      return function() items[2].title = "Cake" end
    end)
    no({ "Job.items[2].title", WITH }, write)
  end)

  road("a coroutine made and begun inside", function(self, no)
    local co, wrapped = tl.with_state(self, function()
      local co = coroutine.create(function(items)
        coroutine.yield()
        items[2].title = "Cake"
      end)
      assert.is_true(coroutine.resume(co, self.items))
      return co, coroutine.wrap(function() self.counter = 1 end)
    end)
    local ok, err = coroutine.resume(co)
    assert.is_false(ok)
    no({ "Job.items[2].title", WITH }, error, err)
    no({ "Job.counter", WITH }, wrapped)
  end)

  road("a coroutine begun inside, resumed in another block of the same task", function(self, no)
    local co = tl.with_state(self, function()
      local co = coroutine.wrap(function(items)
        coroutine.yield()
        items[2].title = "Cake"
      end)
      co(self.items)
      return co
    end)
    tl.with_state(self, function()
      no({ "Job.items[2].title", "has ended", "read it again inside" }, co)
    end)
  end)

  road("after tl.lock's scope", function(self, no)
    local kept
    do
      local _ <close> = tl.lock(self)
      kept = self.items[2]
    end
    no({ "Job.counter", WITH }, function() self.counter = 1 end)
    no({ "Job.items[2].title", WITH }, function() kept.title = "Cake" end)
  end)

  road("after goto and break out of tl.lock's scope", function(self, no)
    for _ = 1, 2 do
      local _ <close> = tl.lock(self)
      if self.counter == 0 then break end
    end
    no({ "Job.counter", WITH }, function() self.counter = 1 end)
    do
      local _ <close> = tl.lock(self)
      goto out
    end
    ::out::
    no({ "Job.items", WITH }, function() self.items:clear() end)
  end)

  road("after a return out of tl.lock's scope", function(self, no)
    local function early()
      local _ <close> = tl.lock(self)
      if self.counter == 0 then return self.items end
    end
    no({ "Job.items", WITH }, table.remove, early())
  end)

  road("after an error in it", function(self, no)
    local kept
    fails("boom", tl.with_state, self, function()
      kept = self.items[2]
      kept.title = "Cake"
      self.counter = 9
      error "boom"
    end)
    no({ "Job.counter", WITH }, function() self.counter = 1 end)
    no({ "Job.items[2].title", WITH }, function() kept.title = "Cake" end)
  end)

  road("after an error in tl.lock's scope", function(self, no)
    fails("boom", function()
      local _ <close> = tl.lock(self)
      self.counter = 9
      error "boom"
    end)
    no({ "Job.counter", WITH }, function() self.counter = 1 end)
  end)

  road("modify_state's state", function(self, no)
    local state, items = tl.modify_state(self:get_token(), bench.Job, function(state) return state, state.items end)
    no({ "Job.counter", WITH }, function() state.counter = 1 end)
    no({ "Job.items[2].title", WITH }, tl.append, items[2], "title", "y")
    no({ "Job.items[2].title", WITH }, function() items[2].title = "Cake" end)
    no({ "Job.counter", WITH }, function() self.counter = 1 end)
  end)

  road("a proxy of an element that was removed", function(self, no)
    local gone = nil
    fails("boom", tl.with_state, self, function()
      gone = table.remove(self.items, 2)
      gone.title = "Cake"
      error "boom"
    end)
    no({ WITH }, function() gone.title = "Cake" end)
  end)

  road("what coroutine.yield committed outside of a block", function(self, no)
    coroutine.yield()
    no({ "Job.counter", WITH }, function() self.counter = 1 end)
  end)
end)

describe("the next block", function()
  road("a proxy taken outside", function(self, no)
    local items, item = self.items, self.items[2]
    tl.with_state(self, function()
      local taken = { "taken at ", "roads_spec.lua:", "outside; read it again inside" }
      no({ "Job.items[2].title", table.unpack(taken) }, function() item.title = "Cake" end)
      no({ "Job.items[2].title", table.unpack(taken) }, function() items[2].title = "Cake" end)
      no({ "Job.items", table.unpack(taken) }, table.insert, items, { id = 4 })
      no({ "Job.items", table.unpack(taken) }, items.clear, items)
      no({ "Job.items[1].tags", table.unpack(taken) }, table.sort, items[1].tags)
      no({ "Job.items[1]", table.unpack(taken) }, rawset, items, 1, {})
      no({ "Job.items[2].title", table.unpack(taken) }, tl.append, item, "title", "y")
    end)
  end)

  -- holds: proxy.outside
  it("names the line where it was taken", function()
    bench.task(t.open(APP), function(self)
      local line, items = debug.getinfo(1, "l").currentline, self.items
      local build = self.jobs.build
      tl.with_state(self, function()
        bench.raises(IMMUTABLE, { ("roads_spec.lua:%d outside"):format(line) }, items.push, items, 1)
        bench.raises(IMMUTABLE, { ("roads_spec.lua:%d outside"):format(line + 1) }, function() build.n = 3 end)
      end)
    end)
  end)

  road("a walk begun outside", function(self, no)
    local step, walk = pairs(self.items)
    tl.with_state(self, function()
      local _, item = step(walk)
      no({ "Job.items[1].title", "read it again inside" }, function() item.title = "Cake" end)
    end)
  end)

  road("a proxy of the block before", function(self, no)
    local items, item = tl.with_state(self, function() return self.items, self.items[2] end)
    tl.with_state(self, function()
      no({ "Job.items[2].title", "has ended", "read it again inside" }, function() item.title = "Cake" end)
      no({ "Job.items", "has ended", "read it again inside" }, items.push, items, { id = 4 })
      no({ "Job.items[3].tags", "read it again inside" }, function() items[3].tags:push "x" end)
    end)
  end)

  road("a proxy of a block that was rolled back", function(self, no)
    local item
    pcall(tl.with_state, self, function()
      item = self.items[2]
      item.title = "Cake"
      error "boom"
    end)
    tl.with_state(self, function()
      no({ "Job.items[2].title", "has ended" }, function() item.title = "Cake" end)
    end)
    assert.equal("Bread", item.title)
  end)

  it("takes an old proxy as a value, and copies it", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      local tags = self.items[1].tags
      tl.with_state(self, function()
        self.items[2].tags = tags
        self.items[2].tags:push "sliced"
      end)
      assert.same({ "cold", "white" }, tags)
    end)
    assert.same({ "cold", "white", "sliced" }, tab:state "Job".items[2].tags)
    assert.same({ "cold", "white" }, tab:state "Job".items[1].tags)
  end)
end)

-- holds: block.coroutine
describe("while another coroutine holds the block", function()
  -- body(self, no, kept): of the sibling, while the other child of a gather holds the lock and gave it a proxy of its own.
  local function sibling(name, body)
    road(name, function(self, no, other)
      local kept, token
      other(function(theirs) token = theirs:get_token() end)
      tl.gather(function()
        tl.with_state(self, function()
          kept = self.items
          tl.sleep(2)
        end)
      end, function()
        tl.sleep(1)
        body(self, no, kept, token)
      end)
    end)
  end

  sibling("self", function(self, no) no({ "Job.counter", WITH }, function() self.counter = 1 end) end)
  sibling("self's containers", function(self, no)
    no({ "Job.items[2].title", WITH }, function() self.items[2].title = "Cake" end)
    no({ "Job.items", WITH }, function() self.items:clear() end)
  end)
  sibling("the holder's own proxies", function(_, no, kept)
    local said = { "another coroutine is inside", WITH }
    no({ "Job.items", table.unpack(said) }, kept.push, kept, { id = 4 })
    no({ "Job.items[2].title", table.unpack(said) }, function() kept[2].title = "Cake" end)
    no({ "Job.items", table.unpack(said) }, table.remove, kept)
    no({ "Job.items", table.unpack(said) }, table.sort, kept, function() return false end)
    no({ "Job.items[1]", table.unpack(said) }, rawset, kept, 1, {})
    no({ "Job.items[2].title", table.unpack(said) }, tl.append, kept[2], "title", "y")
  end)
  -- holds: outside.method
  sibling("reset, methods, setters", function(self, no)
    no({ "Job.reset()" }, self.reset, self)
    no({ "Job.counter" }, self._count, self)
    no({ "Job.name" }, self.set_name, self, "y")
    no({ "Job.name" }, tl.append, self, "name", "y")
  end)
  sibling("another state", function(self, no)
    no({ "Other.step" }, function() self:get_state "Other".step = 2 end)
  end)
  sibling("in a block of another tab", function(self, no, _, token)
    tl.modify_state(token, bench.Job, function()
      no({ "Job.counter", "another tab" }, function() self.counter = 1 end)
    end)
  end)

  road("a spawned task that was given self", function(self, no)
    local spawned
    tl.with_state(self, function()
      local items = self.items
      spawned = tl.spawn(function(given)
        no({ "Job.counter", WITH }, function() given.counter = 1 end)
        no({ "Job.items[2].title", WITH }, function() items[2].title = "Cake" end)
      end, self)
      tl.sleep(1)
      assert.equal("done", spawned.status)
    end)
    spawned:await()
  end)

  road("the code around a coroutine that is suspended in a block of its own", function(self, no)
    local co = coroutine.wrap(function()
      tl.with_state(self, function()
        coroutine.yield(self.items)
        self.counter = self.counter
      end)
    end)
    local items = co()
    no({ "Job.counter", "coroutine" }, function() self.counter = 1 end)
    no({ "Job.items[2].title", "coroutine" }, function() items[2].title = "Cake" end)
    co()
    no({ "Job.counter", WITH }, function() self.counter = 1 end)
  end)

  it("the code around a coroutine that has ended and left its lock open", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      coroutine.wrap(function() tl.lock(self) end)()
      bench.raises(IMMUTABLE, { "Job.counter", "coroutine", "has ended" }, function() self.counter = 1 end)
    end)
    assert.same({}, tab:deltas())
  end)

  it("a yield outside of that coroutine commits nothing of its block", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      local co = coroutine.wrap(function()
        tl.with_state(self, function()
          self.a = 1
          coroutine.yield()
          self.b = 1
        end)
      end)
      co()
      coroutine.yield(tl.toast "half way")
      co()
    end)
    assert.equal(1, #tab:deltas())
    assert.equal(1, tab:deltas()[1].patch.Job.a)
    assert.equal(1, tab:deltas()[1].patch.Job.b)
    assert.equal(1, #tab:effects())
  end)
end)

-- holds: gather.lock
describe("the functions of a gather inside a block", function()
  local function children(self)
    bench.raises(IMMUTABLE, { "Job.counter", "gather", "roads_spec.lua" }, tl.gather, function() self.counter = 1 end)
    bench.raises(IMMUTABLE, { "Job.items[2].title", "gather" }, tl.gather, function() self.items[2].title = "Cake" end)
    bench.raises(IMMUTABLE, { "Job.name", "gather" }, tl.gather, function() tl.append(self, "name", "y") end)
    bench.raises(IMMUTABLE, { "Job.counter", "gather" }, tl.gather, function() tl.gather(function() self.counter = 1 end) end)
  end

  road("of a task", function(self) tl.with_state(self, children) end)

  it("of a handler", function()
    local tab = t.open(APP)
    bench.handler(tab, function(self)
      local ok, err = pcall(tl.gather, function() self.counter = 1 end)
      assert.is_false(ok)
      assert.is_truthy(err.message:find("the start of the handler Job.handle", 1, true), err.message)
    end)
    assert.same({}, tab:deltas())
  end)
end)

describe("computed vars", function()
  -- holds: computed.write
  road("write what they read", function(self, no)
    local seen = {}
    bench.in_computed = function(given)
      bench.in_computed = nil
      for _, state in ipairs { given, self } do
        seen[#seen + 1] = no({ "Job.counter", "computed" }, function() state.counter = 1 end)
        seen[#seen + 1] = no({ "Job.items[2].title", "computed" }, function() state.items[2].title = "Cake" end)
        seen[#seen + 1] = no({ "Job.items", "computed" }, function() state.items:push { id = 4 } end)
        seen[#seen + 1] = no({ "Job.name", "computed" }, tl.append, state, "name", "y")
        seen[#seen + 1] = no({ "Job.items[2].title", "computed" }, tl.append, state.items[2], "title", "y")
        seen[#seen + 1] = no({ "Job.items", "computed" }, table.sort, state.items, function() return false end)
        seen[#seen + 1] = no({ "Job.reset()", "computed" }, function() state:reset() end)
        seen[#seen + 1] = no({ "Other.step", "computed" }, function() state:get_state "Other".step = 2 end)
      end
      return 0
    end
    local ok = pcall(tl.with_state, self, function()
      self.a = 5
      local _ = self.total
      assert.equal(5, self.total)
      error "roll back"
    end)
    assert.is_false(ok)
    assert.equal(16, #seen)
  end)

  road("wait, or enter", function(self)
    local errors = {}
    bench.in_computed = function()
      bench.in_computed = nil
      for _, fn in ipairs { function() tl.sleep(1) end, function() tl.with_state(self, function() self.counter = 1 end) end,
        function() local _ <close> = tl.lock(self) end, function() coroutine.yield() end,
        function() tl.modify_state(self:get_token(), bench.Job, function(s) s.counter = 1 end) end } do
        errors[#errors + 1] = select(2, pcall(fn))
      end
      return 0
    end
    pcall(tl.with_state, self, function()
      self.a = 5
      local _ = self.total
      error "roll back"
    end)
    assert.equal(5, #errors)
    for _, err in ipairs(errors) do assert.is_truthy(tostring(err):find("the computed var Job.total", 1, true), tostring(err)) end
  end)
end)

describe("handlers", function()
  it("a proxy kept from the handler before", function()
    local tab = t.open(APP)
    local kept, kept_self
    bench.handler(tab, function(self) kept, kept_self = self.items, self end)
    local before, deltas = page_of(tab), #tab:deltas()
    bench.handler(tab, function()
      bench.raises(IMMUTABLE, { "Job.items[2].title", "has ended", "read it again" }, function() kept[2].title = "Cake" end)
    end)
    bench.raises(IMMUTABLE, { "Job.counter" }, function() kept_self.counter = 1 end)
    bench.raises(IMMUTABLE, { "Job.items" }, function() kept:clear() end)
    assert.same(before, page_of(tab))
    assert.equal(deltas, #tab:deltas())
  end)

  it("self kept from another tab's handler", function()
    local one, two = t.open(APP), t.open(APP)
    local kept
    bench.handler(one, function(self) kept = self end)
    bench.handler(two, function()
      bench.raises(IMMUTABLE, { "Job.counter", "another tab", "modify_state" }, function() kept.counter = 1 end)
      bench.raises(IMMUTABLE, { "Job.items[1].id", "another tab" }, function() kept.items[1].id = 5 end)
    end)
    assert.same({}, one:deltas())
    assert.same({}, two:deltas())
  end)

  -- holds: handler.gives.event
  it("events carry copies of proxies", function()
    local tab = t.open(APP)
    local before = page_of(tab)
    bench.bare_task(tab, function(self)
      local event = bench.Job.take(self.items)
      return event
    end)
    t.advance(1)
    assert.equal("table", type(bench.taken))
    bench.taken[2].title = "Cake"
    bench.taken[4] = "x"
    assert.same(before, page_of(tab))
    assert.same({}, tab:deltas())
  end)

  it("a hook that was set in one task does not run in the next", function()
    local tab = t.open(APP)
    local hits = 0
    bench.task(tab, function() debug.sethook(function() hits = hits + 1 end, "l") end)
    hits = 0
    for _ = 1, 3 do bench.handler(tab, function(self) self.counter = self.counter + 1 end) end
    assert.equal(0, hits)
  end)
end)

describe("a Var of the class", function()
  it("is no value: the text says where values are", function()
    local tab = t.open(APP)
    bench.handler(tab, function(self)
      bench.raises("SerializationError", { "Job.counter", "a Var", "self.name" }, function() self.counter = bench.Job.counter + 1 end)
    end)
    assert.same({}, tab:deltas())
  end)
end)

describe("free to write", function()
  road("tl.copy, and what json gave", function(self)
    local copy = tl.copy(self.items)
    copy[2].title, copy[5] = "Cake", {}
    table.insert(copy, "x")
    assert.equal("table", type(copy))
    local decoded = tl.json.decode(tl.json.encode(self.jobs))
    decoded.build.n = 99
  end)

  road("tables that were assigned", function(self)
    local mine = { id = 4 }
    pcall(tl.with_state, self, function()
      self.items:push(mine)
      mine.id = 5
      assert.equal(4, self.items[4].id)
      error "roll back"
    end)
    assert.equal(5, mine.id)
  end)
end)
