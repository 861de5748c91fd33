-- mixin_spec.lua: tl.mixin{...}: vars, computed vars and functions that are copied into each state which uses them: manual section 1.
local t = require "tidelock.testing"
local probe = require "spec.lua.support.probe"
local raises = probe.raises

local function open() return t.open("spec/lua/apps/mixin.lua", "/") end

local function refuses(problem, text) raises(problem, probe.load, text) end

describe("a state that uses a mixin", function()
  -- holds: state.mixin
  it("has its vars, functions and computed vars as its own", function()
    local tab = open()
    probe.inside(tab, function(self)
      self:_turn(2)
      assert.equal("Job 3 of 5", self.where)
      self.marks:push "a"
    end)
    assert.same({ 3, "Job 3 of 5", "a" }, { tab:state "Job".page, tab:state "Job".where, tab:state "Job".marks[1] })
    assert.same({ 1, "List 1 of 9", 0 }, { tab:state "List".page, tab:state "List".where, #tab:state "List".marks })
    tab:click "Next of the list"
    assert.same({ 3, 2 }, { tab:state "Job".page, tab:state "List".page })
    tab:click "Count"
    t.advance(2)
    assert.same({ 3, 4 }, { tab:state "Job".page, tab:state "List".page })
    assert.equal("5", tab:text "#other") -- a mixin of the mixin
  end)

  it("has them on a page, with a setter and bound", function()
    local tab = open()
    tab:input("#page", "4")
    assert.equal(4, tab:state "Job".page)
    assert.equal("Job 4 of 5", tab:text "#where")
  end)

  it("is rolled back, and reset, as with vars of its own", function()
    local tab = open()
    probe.bare(tab, function(self)
      self:_turn(1)
      error "undo"
    end)
    assert.equal(1, tab:state "Job".page)
    probe.inside(tab, function(self)
      self:_turn(1)
      self.marks:push "x"
      self:reset()
      assert.same({ 1, 0 }, { self.page, #self.marks })
    end)
  end)

  it("is guarded as any", function()
    local tab = open()
    probe.outside(tab, function(self)
      raises("ImmutableStateError: Job.page", self._turn, self, 1)
      raises("ImmutableStateError: Job.marks", function() self.marks:push(1) end)
      self:with_state(function() self:_turn(1) end)
      assert.equal("Job 2 of 5", self.where)
    end)
    assert.equal(2, tab:state "Job".page)
  end)

  it("keeps all over a reconnect", function()
    local tab = open()
    tab:click "Next of the list"
    tab:disconnect()
    tab:reconnect()
    assert.same({ 1, 2 }, { tab:state "Job".page, tab:state "List".page })
  end)

  it("hands what it has on to those that extend it", function()
    local tab = open()
    probe.inside(tab, function(self)
      local long = self:get_state "LongList"
      long:_turn(3)
      assert.equal("List 4 of 9", long.where)
    end)
    assert.equal(4, tab:state "List".page)
  end)
end)

describe("declaring a mixin", function()
  it("takes functions and computed vars also afterwards, but not when it was used", function()
    refuses("the mixin of main.lua:3: the state Job has copied this mixin already; declare go above it",
      'local M = tl.mixin { n = 0 } tl.state("Job", { M }) function M:go() end')
    refuses("the mixin of main.lua:3: m: a mixin takes functions, tl.computed(...) and tl.background(...), not 5; vars are declared in tl.mixin",
      "local M = tl.mixin { n = 0 } M.m = 5")
    refuses("the mixin of main.lua:3: n is declared twice; rename one",
      "local M = tl.mixin { n = 0 } function M:n() end")
  end)

  it("takes a table", function()
    refuses("tl.mixin(items): the items are a table, not 5", "tl.mixin(5)")
    refuses("tl.mixin: the field [1] is 5; vars are name = default, and what stands without a name is a mixin", "tl.mixin { 5 }")
    refuses('tl.state("Job", ...): the field [1] is the string "n"', 'tl.state("Job", { "n" })')
    refuses('tl.state("Job", ...): the field [true] is 1', 'tl.state("Job", { [true] = 1 })')
    refuses('tl.state("Job", ...): mixins[1] is a table', 'tl.state("Job", {}, { mixins = { {} } })')
    refuses('tl.state("Job", ...): mixins is a list of mixins, not a mixin', 'tl.state("Job", {}, { mixins = tl.mixin {} })')
    refuses("Job.f[1]: a function cannot be kept", 'tl.state("Job", { tl.mixin { f = { print } } })')
    refuses("Job.reset: this name is reserved", 'tl.state("Job", { tl.mixin { reset = 1 } })')
    refuses("Job.go: a handler is assigned after tl.state", 'tl.state("Job", { go = print, tl.mixin { n = 0 } })')
  end)

  it("refuses two of a name, and names both", function()
    refuses('DeclarationError: tl.state("Job", ...): n is declared by its fields and by the mixin of main.lua:3; rename one',
      'local M = tl.mixin { n = 0 } tl.state("Job", { M, n = 1 })')
    refuses("n is declared by the mixin of main.lua:3 and by the mixin of main.lua:4; rename one",
      'local A = tl.mixin { n = 0 }\nlocal B = tl.mixin { n = function() end } tl.state("Job", { A }, { mixins = { B } })')
    refuses("Job.go is declared by the mixin of main.lua:3, which Job uses; rename one",
      'local M = tl.mixin { go = function() end }\nlocal Job = tl.state("Job", { M }) function Job:go() end')
    refuses("Two.n: Two has from Base a var of this name",
      'local M = tl.mixin { n = 0 } local Base = tl.state("Base", { M }) tl.state("Two", { M }, { extends = Base })')
  end)

  it("takes the same one by two ways once", function()
    probe.load [[
      local M = tl.mixin { n = 0 }
      local A, B = tl.mixin { M, a = 0 }, tl.mixin { M, b = 0 }
      local Job = tl.state("Job", { A, B, M }, { mixins = { A } })
      assert(Job.n and Job.a and Job.b)]]
  end)

  it("lets its functions be called", function()
    probe.load "local M = tl.mixin { go = function() return 5 end } assert(M.go() == 5)"
  end)

  it("lets nothing else be read", function()
    refuses("the mixin of main.lua:3: a mixin is no state; read n from a state that uses it", "local M = tl.mixin { n = 0 } local x = M.n")
    refuses("the mixin of main.lua:3 has no m (so far)", "local M = tl.mixin { n = 0 } local x = M.m")
  end)
end)
