-- stale_spec.lua: lost updates are found: a read outside of a block, somebody else's change, a write inside without another read.
local tl, t = require "tidelock", require "tidelock.testing"

local APP = "spec/lua/apps/stale.lua"

-- What is found when `name` runs and somebody changes everything meanwhile, or not.
local function lost(name, changed)
  local tab = t.open(APP, "/")
  tab:send_event("Job.run", { name })
  t.settle()
  if changed then tab:click "Change" end
  t.advance(5)
  assert.same({}, tl.tasks())
  return t.lost_updates()
end

local function paths(list)
  local out = {}
  for i, one in ipairs(list) do out[i] = one.path end
  return out
end

describe("a lost update", function()
  -- holds: testing.lost
  it("is told with the lines of the read and of the write", function()
    assert.same({ { path = "Job.n", task = "Job.stale", read = "spec/lua/apps/stale.lua:20", write = "spec/lua/apps/stale.lua:22" } }, lost("stale", true))
    assert.matches("warn: Job.n: an update was lost: Job.stale read it at spec/lua/apps/stale.lua:20, .* read it inside the block\n", t.log())
  end)

  it("is one of two that count from the same number, and so write the same", function()
    local tab = t.open(APP, "/")
    for _ = 1, 2 do tab:send_event("Job.run", { "stale" }) end
    t.advance(2)
    assert.equal(1, tab:state "Job".n)
    assert.same({ "Job.n" }, paths(t.lost_updates()))
  end)

  for _, name in ipairs { "same", "named_constant" } do
    it("is none of two that write the same: " .. name, function()
      local tab = t.open(APP, "/")
      for _ = 1, 2 do tab:send_event("Job.run", { name }) end
      t.advance(2)
      assert.same({}, t.lost_updates())
    end)
  end

  it("is one of a value in a map, too", function()
    assert.same({ 'Job.scores.ann' }, paths(lost("score", true)))
  end)

  it("is one of a value that is taken away", function()
    assert.same({ 'Job.scores.ann' }, paths(lost("deletes_score", true)))
  end)

  it("is one of a list that is written as a whole", function()
    assert.same({ "Job.list" }, paths(lost("replaces", true)))
  end)

  it("is found with tl.lock, and in a gather", function()
    assert.same({ "Job.n" }, paths(lost("locks", true)))
  end)

  it("is found in the functions of a gather", function()
    assert.same({ "Job.n" }, paths(lost("gathers", true)))
  end)

  -- holds: testing.lost
  it("is one of a value that a map taken outside still shows", function()
    assert.same({ "Job.scores.ann" }, paths(lost("alias_outside", true)))
  end)

  -- holds: testing.lost
  it("is one of what was read in a block before, and what is computed of it", function()
    assert.same({ "Job.n" }, paths(lost("two_blocks", true)))
  end)

  -- holds: testing.lost
  it("is found with tl.modify_state", function() assert.same({ "Job.n" }, paths(lost("modifies", true))) end)

  it("is one of a number in a variable of the least letters", function()
    local tab = t.open(APP, "/")
    for _ = 1, 2 do tab:send_event("Job.run", { "short_name" }) end
    t.advance(2)
    assert.same({ "Job.n" }, paths(t.lost_updates()))
  end)

  for _, name in ipairs { "stale", "score", "deletes_score", "replaces", "locks", "gathers", "loop", "own", "alias_outside", "modifies", "computed_inside",
    "two_blocks", "blocks_rolled_back" } do
    it("is none where nobody else has written: " .. name, function() assert.same({}, lost(name, false)) end)
  end

  for _, name in ipairs { "fresh", "twice", "same", "resets", "fails", "other_score", "walks_scores", "pushes", "appends", "loop", "own",
    "computed_inside", "computed_of_map_inside", "computed_of_computed_inside", "computed_outside", "copies_inside", "encodes_inside",
    "assigns_inside", "alias_inside", "enters_part", "named_constant", "raises_to", "modifies_rightly",
    "blocks_reset", "blocks_again", "blocks_own", "blocks_rolled_back" } do
    it("is none where it is read again, or nothing is lost: " .. name, function() assert.same({}, lost(name, true)) end)
  end

  it("is told once a place", function()
    local tab = t.open(APP, "/")
    for _ = 1, 3 do
      tab:send_event("Job.run", { "stale" })
      t.settle()
      tab:click "Change"
      t.advance(5)
    end
    assert.equal(1, #t.lost_updates())
  end)

  it("is one of what another computed var does not show", function()
    assert.same({ "Job.n" }, paths(lost("other_computed_inside", true)))
  end)

  it("is forgotten with the app", function() assert.same({}, t.lost_updates()) end)
end)
