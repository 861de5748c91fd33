-- proxy_spec.lua: lists and maps of a state as Lua sees them: manual section 1, "Proxies".
local tl, t = require "tidelock", require "tidelock.testing"
local probe = require "spec.lua.support.probe"
local raises = probe.raises

local function open() return t.open("spec/lua/apps/state.lua", "/") end

local function inside(job)
  local tab = open()
  probe.inside(tab, job)
  return tab
end

-- Three items with ids 1 to 3.
local function fill(self)
  self.items = { { id = 1, title = "a" }, { id = 2, title = "b" }, { id = 3, title = "c" } }
  return self.items
end

local function ids(list)
  local out = {}
  for i, item in ipairs(list) do out[i] = item.id end
  return table.concat(out, ",")
end

describe("reading", function()
  -- holds: proxy.length, proxy.index, proxy.ipairs, proxy.table.concat, proxy.type
  it("knows #, [], ipairs, pairs, next, concat, unpack, rawlen, rawget, tostring", function()
    inside(function(self)
      local items = fill(self)
      assert.equal("userdata", type(items))
      assert.equal(3, #items)
      assert.equal("b", items[2].title)
      assert.equal("b", items[2.0].title)
      assert.is_nil(items[0])
      assert.is_nil(items[4])
      assert.is_nil(items.title)
      assert.equal("1,2,3", ids(items))
      assert.equal(3, rawlen(items))
      assert.equal("a", rawget(rawget(items, 1), "title"))
      self.any = { 3, 1, 2 }
      assert.equal("3-1-2", table.concat(self.any, "-"))
      assert.equal(2, (select(3, table.unpack(self.any))))
      assert.equal("list Job.items (3)", tostring(items))
    end)
  end)

  -- holds: proxy.length, proxy.next, host.order
  it("walks maps in the byte order of their keys, by pairs and next", function()
    inside(function(self)
      self.by_id = { b = 2, a = 1, c = { x = 1 } }
      local keys = {}
      for key in pairs(self.by_id) do keys[#keys + 1] = key end
      assert.same({ "a", "b", "c" }, keys)
      keys = {}
      for key in next, self.by_id do keys[#keys + 1] = key end
      assert.same({ "a", "b", "c" }, keys)
      assert.equal(3, #self.by_id)
      assert.is_nil(next(self.any))
    end)
  end)

  it("has methods on lists only: a map's keys are its own", function()
    inside(function(self)
      self.by_id.push, self.by_id.sort = 1, 2
      assert.equal(1, self.by_id.push)
      assert.is_nil(self.by_id.remove)
      assert.equal("function", type(self.items.remove))
    end)
  end)

  -- holds: value.map.integer_key
  it("refuses an integer key on a map and says what to write", function()
    inside(function(self)
      raises("Job.by_id[7]: a map has string keys; write [tostring(id)]", function() return self.by_id[7] end)
      raises("Job.by_id[7]: a map has string keys; write [tostring(id)]", function() self.by_id[7] = 1 end)
    end)
  end)

  -- holds: proxy.pairs
  it("shows by pairs what was there when it began", function()
    inside(function(self)
      local items, seen = fill(self), {}
      for i, item in pairs(items) do
        seen[#seen + 1] = item.id
        if i == 1 then
          table.remove(items, 2)
          items:insert(1, { id = 9 })
        end
        item.seen = true
      end
      assert.equal("1,2,3", table.concat(seen, ","))
      assert.equal("9,1,3", ids(items))
      assert.is_nil(items[1].seen)
      assert.is_true(items[3].seen)
    end)
  end)

  it("lets pairs empty a map", function()
    inside(function(self)
      self.by_id = { a = 1, b = { 1 }, c = 3 }
      for key in pairs(self.by_id) do self.by_id[key] = nil end
      assert.equal(0, #self.by_id)
      assert.equal("map", tl.kind(self.by_id))
    end)
  end)

  -- holds: proxy.reading
  it("costs nothing that stays", function()
    local tab = open()
    probe.inside(tab, function(self)
      local rows = {}
      for i = 1, 2000 do rows[i] = { id = i } end
      self._rows = rows
    end)
    local before = #tab:deltas()
    probe.inside(tab, function(self)
      local sum = 0
      for _, row in ipairs(self._rows) do sum = sum + row.id end
      assert.equal(2001000, sum)
    end)
    assert.equal(before, #tab:deltas())
  end)
end)

describe("writing", function()
  it("appends at #list + 1, takes off at #list, and refuses holes", function()
    inside(function(self)
      local items = fill(self)
      items[4] = { id = 4 }
      items[#items + 1] = { id = 5 }
      assert.equal("1,2,3,4,5", ids(items))
      items[#items] = nil
      items[#items + 1] = nil
      assert.equal("1,2,3,4", ids(items))
      raises("Job.items[2]: nil would leave a hole; use table.remove(list, 2), or tl.null", function() items[2] = nil end)
      raises("Job.items[9]: a list of 4 can be written at 1..5", function() items[9] = 1 end)
      raises("Job.items[\"x\"]: this is a list", function() items.x = 1 end)
      raises("Job.items: a boolean cannot be a key", function() items[true] = 1 end)
    end)
  end)

  -- holds: patch.nil.key
  it("takes map keys away by nil", function()
    local tab = inside(function(self)
      self.by_id = { a = 1, b = 2 }
      self.by_id.a = nil
      self.by_id.zzz = nil
    end)
    assert.same({ b = 2 }, tab:state "Job".by_id)
  end)

  -- holds: proxy.table.insert, proxy.methods
  it("knows :push :insert :remove :sort :clear and table.*", function()
    inside(function(self)
      local items = fill(self)
      items:push({ id = 4 }, { id = 5 })
      assert.equal(5, items:remove().id)
      items:insert(1, { id = 0 })
      items:insert { id = 6 }
      assert.equal("0,1,2,3,4,6", ids(items))
      table.insert(items, 2, { id = 7 })
      assert.equal(7, table.remove(items, 2).id)
      items:sort(function(a, b) return a.id > b.id end)
      assert.equal("6,4,3,2,1,0", ids(items))
      raises("1..7", table.insert, items, 9, { id = 1 })
      raises("1..7", table.remove, items, 9)
      raises("nil cannot be inserted", table.insert, items, nil)
      items:clear()
      assert.equal(0, #items)
      assert.is_nil(items:remove())
      raises("is a map", table.insert, self.by_id, 1)
    end)
  end)

  -- holds: proxy.table.sort
  it("sorts plain values, stable, and leaves the list alone when the order fails", function()
    inside(function(self)
      self.any = { 3, 1, 2 }
      table.sort(self.any)
      assert.same({ 1, 2, 3 }, self.any)
      raises("no order", table.sort, self.any, function() error "no order" end)
      raises("invalid order function", table.sort, self.any, function() return true end)
      assert.same({ 1, 2, 3 }, self.any)
      self.any = { 1, "x" }
      raises("attempt to compare", table.sort, self.any)
      raises("changed while it was being sorted", table.sort, self.any, function() self.any:push(1) return false end)
    end)
  end)

  it("leaves the functions for plain tables as they were", function()
    local plain = { 3, 1, 2 }
    table.sort(plain)
    table.insert(plain, 4)
    assert.same({ 1, 2, 3, 4 }, plain)
    assert.equal(4, table.remove(plain))
    raises("bad argument #2 to 'insert' (position out of bounds)", function() table.insert(plain, 9, 1) end)
    raises("bad argument #1 to 'next' (table expected", next, 5)
    assert.equal(1, rawget(rawset({}, 1, 1), 1))
  end)
end)

describe("a proxy", function()
  -- holds: proxy.identity
  it("is the same one for the same element", function()
    inside(function(self)
      local items = fill(self)
      assert.is_true(rawequal(items, self.items))
      assert.is_true(rawequal(items[2], self.items[2]))
      assert.is_false(items[1] == items[2])
    end)
  end)

  -- holds: proxy.follows
  it("follows its element when the list is sorted, shifted, filtered, swapped", function()
    inside(function(self)
      local items = fill(self)
      local second = items[2]
      items:sort(function(a, b) return a.id > b.id end)
      assert.is_true(rawequal(second, items[2]))
      table.insert(items, 1, { id = 9 })
      assert.is_true(rawequal(second, items[3]))
      items[1], items[3] = items[3], items[1]
      second.title = "still here"
      assert.equal("still here", items[1].title)
      local kept = {}
      for _, item in ipairs(items) do
        if item.id < 5 then kept[#kept + 1] = item end
      end
      self.items = kept
      second.title = "again"
      assert.equal("again", self.items[1].title)
      assert.equal("2,3,1", ids(self.items))
    end)
  end)

  -- holds: proxy.removed, proxy.removed.insert
  it("of a removed element touches only it, and inserting it copies it", function()
    inside(function(self)
      local items = fill(self)
      local gone = table.remove(items, 1)
      gone.title = "changed"
      assert.equal("changed", gone.title)
      assert.equal("2,3", ids(items))
      items:push(gone)
      gone.title = "again"
      assert.equal("changed", items[3].title)
    end)
  end)

  it("cannot be got round: no metatable, no rawset, no debug road", function()
    inside(function(self)
      local items = fill(self)
      assert.equal("tidelock.proxy", getmetatable(items))
      assert.equal("tidelock.proxy", debug.getmetatable(items))
      raises("protected metatable", debug.setmetatable, items, {})
      raises("table expected", setmetatable, items, {})
      raises("cannot change the user value", debug.setuservalue, items, {}, 1)
      assert.is_nil((debug.getuservalue(items, 1)))
      raises("rawset does not work on state", rawset, items, 1, 1)
      raises("rawset does not work on state", rawset, self, "counter", 1)
      raises("the registry", debug.getregistry)
    end)
  end)

  -- holds: proxy.same
  it("is compared by luassert's same with what it holds", function()
    inside(function(self)
      local items = fill(self)
      assert.same({ id = 2, title = "b" }, items[2])
      assert.same({ x = { id = 1, title = "a" } }, { x = items[1] })
      assert.same(items, items)
      assert.is_false(pcall(assert.same, { id = 3 }, items[1]))
    end)
  end)
end)

describe("how long a proxy lives", function()
  -- holds: proxy.yield
  it("stays live over coroutine.yield", function()
    local tab = open()
    probe.bare(tab, function(self)
      local items = fill(self)
      local first = items[1]
      coroutine.yield()
      first.title = "after"
      assert(rawequal(first, self.items[1]))
    end)
    assert.equal("after", tab:state "Job".items[1].title)
    assert.equal(2, #tab:deltas())
  end)

  -- holds: proxy.released
  it("reads its old content after the release, and is dead for writing", function()
    local tab, old = open(), nil
    probe.inside(tab, function(self) old = fill(self)[1] end)
    probe.inside(tab, function(self)
      self.items[1].title = "new"
      assert.equal("a", old.title)
      raises("ImmutableStateError: Job.items[1].title: the value was taken in a block that has ended", function() old.title = "x" end)
    end)
    assert.equal("a", old.title)
    raises("ImmutableStateError", function() old.title = "x" end)
  end)

  -- holds: proxy.rollback
  it("reads its old content after a rollback", function()
    local tab, list, made = open(), nil, nil
    probe.inside(tab, fill)
    probe.bare(tab, function(self)
      list = self.items
      list[1].title = "lost"
      list:push { id = 4 }
      made = list[4]
      error "undo"
    end)
    assert.equal(3, #list)
    assert.equal("a", list[1].title)
    assert.equal(4, made.id)
    raises("ImmutableStateError", function() list:push(1) end)
  end)

  -- holds: proxy.outside
  it("taken outside raises inside, and names the line", function()
    local tab = open()
    probe.inside(tab, fill)
    probe.outside(tab, function(self)
      local line = debug.getinfo(1, "l").currentline + 1
      local items = self.items
      tl.with_state(self, function()
        raises(("Job.items[2].title: the value was taken at spec/lua/proxy_spec.lua:%d outside; read it again inside"):format(line),
          function() items[2].title = "x" end)
        raises(("proxy_spec.lua:%d outside"):format(line), items.push, items, 1)
        self.items[2].title = "y"
      end)
      assert.equal("b", items[2].title)
      assert.equal("y", self.items[2].title)
    end)
  end)

  -- holds: block.coroutine
  it("is not live in a coroutine that is outside", function()
    local tab = open()
    probe.inside(tab, fill)
    probe.outside(tab, function(self)
      local leaked
      tl.gather(function()
        tl.with_state(self, function()
          leaked = self.items
          tl.sleep(1)
        end)
      end, function()
        tl.sleep(0.5)
        raises("another coroutine is inside the block", function() leaked:push(1) end)
      end)
    end, 2)
    assert.equal(3, #tab:state "Job".items)
  end)
end)

-- A finalizer of the app runs wherever Lua makes something, also while the host makes a proxy.
describe("a finalizer that runs in the middle", function()
  it("may write what is being read", function()
    inside(function(self)
      for round = 1, 200 do
        fill(self)
        setmetatable({}, { __gc = function() if #self.items == 3 then self.items:clear() self.items:push { id = 9, title = "late" } end end })
        for i = 1, 3 do
          local item = self.items[i]
          if item then assert.truthy(item.title, round) end
        end
        if round % 20 == 0 then collectgarbage() end
      end
      self.items:clear()
    end)
  end)

  it("may read a proxy that nobody else holds, whatever was read since", function()
    local seen, wrong = 0, 0
    inside(function(self)
      fill(self)
      for _ = 1, 500 do
        setmetatable({ item = self.items[1] }, { __gc = function(o)
          seen = seen + 1
          if #o.item ~= 2 or o.item.title ~= "a" then wrong = wrong + 1 end
        end })
        for i = 1, 3 do assert.truthy(self.items[i].title) end
      end
    end)
    collectgarbage()
    assert.equal(0, wrong)
    assert.is_true(seen > 400)
  end)
end)

it("a state of an app that has ended says so", function()
  local kept
  inside(function(self) kept = self end)
  t.finish()
  t.begin()
  open()
  raises("the app of the state Job has ended", function() return kept:get_state "Other" end)
end)
