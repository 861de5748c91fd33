-- snapshot_spec.lua: what a task sees outside of its blocks: one state of one moment, until it is refreshed.
local tl, t = require "tidelock", require "tidelock.testing"
local bench = require "spec.lua.apps.roads_bench"

local APP = "spec/lua/apps/roads.lua"

describe("outside", function()
  -- holds: outside.consistent
  it("two vars that change together are always read equal", function()
    local tab = t.open(APP)
    local reads, last = 0, 0
    local run = bench.start(tab, function(self)
      for i = 1, 40 do
        for _ = 1, 3 do
          assert.equal(self.a, self.b)
          tl.sleep(0.1)
          assert.equal(self.a, self.b)
          assert.equal(2 * self.a, self.total)
          reads = reads + 1
        end
        if i % 4 == 0 then last = tl.with_state(self, function() return self.a end) end
      end
    end)
    for _ = 1, 30 do
      tab:click "Bump"
      t.advance(0.3)
    end
    bench.join(run)
    assert.equal(120, reads)
    assert.is_true(last > 5, tostring(last))
  end)

  for _, seed in ipairs { 1, 2, 3, 4, 5, 6, 7, 8 } do
    it("also when ready tasks are taken in the order of seed " .. seed, function()
      local tab = t.open(APP)
      t.seed(seed)
      local runs = {}
      for i = 1, 4 do
        runs[i] = bench.start(tab, function(self)
          for _ = 1, 10 do
            assert.equal(self.a, self.b)
            tl.with_state(self, function()
              assert.equal(self.a, self.b)
              self.a = self.a + 1
              tl.sleep(0)
              self.b = self.b + 1
            end)
            assert.equal(self.a, self.b)
            tl.sleep(0)
            assert.equal(self.a, self.b)
          end
        end)
      end
      for _ = 1, 5 do tab:click "Bump" end
      bench.join(table.unpack(runs))
      assert.equal(45, tab:state "Job".a)
      assert.equal(45, tab:state "Job".b)
      for _, delta in ipairs(tab:deltas()) do
        local job = delta.patch.Job
        assert.equal(job.a, job.b)
      end
    end)
  end

  -- holds: outside.unchanging
  it("a state is stale until it is refreshed", function()
    local tab = t.open(APP)
    local run = bench.start(tab, function(self)
      assert.equal(0, self.a)
      tl.sleep(2)
      assert.equal(0, self.a)
      assert.equal(3, #self.items)
      tl.with_state(self, function() end)
      assert.equal(1, self.a)
      assert.equal(4, #self.items)
    end)
    t.advance(1)
    tab:click "Bump"
    tab:click "Grow"
    bench.join(run)
  end)

  it("the snapshot after an own block shows what it wrote", function()
    bench.task(t.open(APP), function(self)
      tl.with_state(self, function()
        self.counter = 5
        self.items[2].title = "Cake"
        assert.equal(5, self.counter)
      end)
      assert.equal(5, self.counter)
      assert.equal("Cake", self.items[2].title)
      do
        local _ <close> = tl.lock(self)
        self.counter = 6
      end
      assert.equal(6, self.counter)
    end)
  end)

  -- holds: self.get_state.lock
  it("another state of the tab is refreshed with it", function()
    bench.task(t.open(APP), function(self)
      local other = self:get_state(bench.Other)
      tl.with_state(self, function() other.step = 5 end)
      assert.equal(5, other.step)
      tl.with_state(other, function() self.counter = other.step end)
      assert.equal(5, self.counter)
    end)
  end)

  it("modify_state refreshes its own state, not self", function()
    bench.task(t.open(APP), function(self)
      local state = tl.modify_state(self:get_token(), bench.Job, function(state)
        state.counter = 5
        return state
      end)
      assert.equal(5, state.counter)
      assert.equal(0, self.counter)
      tl.with_state(self, function() assert.equal(5, self.counter) end)
      assert.equal(5, self.counter)
    end)
  end)

  it("after a failed block it is what was committed last, also by others", function()
    local tab = t.open(APP)
    local run = bench.start(tab, function(self)
      tl.sleep(2)
      pcall(tl.with_state, self, function()
        self.counter = 9
        error "boom"
      end)
      assert.equal(0, self.counter)
      assert.equal(1, self.a)
    end)
    tab:click "Bump"
    bench.join(run)
  end)

  -- holds: block.exclusive
  it("a failed block never shows to others", function()
    local tab = t.open(APP)
    local seen = {}
    local one = bench.start(tab, function(self)
      pcall(tl.with_state, self, function()
        self.counter = 9
        tl.sleep(2)
        error "boom"
      end)
    end)
    local two = bench.start(tab, function(self)
      for _ = 1, 4 do
        seen[#seen + 1] = self.counter
        tl.sleep(1)
      end
      seen[#seen + 1] = tl.with_state(self, function() return self.counter end)
    end)
    bench.join(one, two)
    assert.same({ 0, 0, 0, 0, 0 }, seen)
  end)
end)

describe("a walk outside", function()
  -- holds: outside.unchanging
  it("is stable while others write", function()
    local tab = t.open(APP)
    local titles, run = {}, nil
    run = bench.start(tab, function(self)
      for i, item in ipairs(self.items) do
        titles[i] = item.title
        tl.sleep(1)
      end
      for name, job in pairs(self.jobs) do
        titles[#titles + 1] = name .. job.n
        tl.sleep(1)
      end
      assert.equal(3, #self.items)
    end)
    for _ = 1, 6 do
      t.advance(0.4)
      bench.handler(tab, function(self)
        for _, item in ipairs(self.items) do item.title = "gone" end
        if #self.items > 1 then table.remove(self.items, 1) end
        self.jobs.build = nil
        self.jobs.zz = { n = 9 }
      end)
    end
    bench.join(run)
    assert.same({ "Milk", "Bread", "Apples", "build1", "test2" }, titles)
  end)

  it("is stable over an own block, by what was taken before it", function()
    bench.task(t.open(APP), function(self)
      local titles = {}
      for i, item in ipairs(self.items) do
        titles[i] = item.title
        tl.with_state(self, function() self.items[#self.items].title = "changed" end)
      end
      assert.same({ "Milk", "Bread", "Apples" }, titles)
      assert.equal("changed", self.items[3].title)
    end)
  end)

  it("a proxy of a block keeps what it was at the block's end", function()
    local tab = t.open(APP)
    local run = bench.start(tab, function(self)
      local items, item = tl.with_state(self, function()
        self.items[2].title = "Cake"
        return self.items, self.items[2]
      end)
      tl.sleep(2)
      assert.equal("Cake", item.title)
      assert.equal(3, #items)
      assert.equal("Cake", items[2].title)
      assert.equal("white", items[1].tags[2])
    end)
    t.advance(1)
    bench.handler(tab, function(self)
      self.items[2].title = "Pie"
      self.items[1].tags:clear()
      self.items:push { id = 4 }
    end)
    bench.join(run)
  end)

  it("a proxy of a block that failed shows what was before", function()
    bench.task(t.open(APP), function(self)
      local items, item
      pcall(tl.with_state, self, function()
        items, item = self.items, self.items[2]
        item.title = "Cake"
        table.remove(items, 1)
        error "boom"
      end)
      assert.equal("Bread", item.title)
      assert.equal(3, #items)
      assert.equal("Bread", items[2].title)
    end)
  end)
end)

describe("the page", function()
  -- holds: block.commit, testing.deltas
  it("gets one delta for each commit, with all of it", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      for i = 1, 3 do
        tl.with_state(self, function()
          self.a = i
          tl.sleep(1)
          self.b = i
        end)
      end
    end)
    assert.equal(3, #tab:deltas())
    for i, delta in ipairs(tab:deltas()) do
      assert.equal(i, delta.patch.Job.a)
      assert.equal(i, delta.patch.Job.b)
      assert.equal(2 * i, delta.patch.Job.total)
    end
  end)

  -- holds: testing.deltas
  it("gets nothing of a block that changed nothing, or changed it back", function()
    local tab = t.open(APP)
    bench.task(tab, function(self)
      tl.with_state(self, function() return #self.items end)
      tl.with_state(self, function() self.counter = 0 self.items[1].title = "Milk" end)
      tl.with_state(self, function() self._secret = 5 end)
      tl.with_state(self, function()
        self.counter = 5
        self.counter = 0
      end)
    end)
    assert.same({}, tab:deltas())
  end)
end)
