-- chaos_spec.lua: pages whose network loses, holds up and repeats what is said, at random, on virtual time, held against a count of
-- what was done: each click has its effect once; and at each step against what the host holds, if the page is in touch with it.
-- CHAOS=n in the environment: how many seeds. And how long a tab is kept.
local tl, t = require "tidelock", require "tidelock.testing"
local generator = require "spec.lua.support.random"

local APP = "spec/lua/apps/chaos.lua"
local SEEDS <const> = tonumber(os.getenv "CHAOS") or 200
local STEPS <const> = 40

-- What a click adds to n, to the text's length, to the list's.
local effects = {
  { "add", 7, 0, 0 }, { "slow", 5, 0, 0 }, { "steps", 3, 0, 0 }, { "fail", 0, 0, 0 }, { "chain", 1, 0, 0 },
  { "write", 0, 1, 0 }, { "push", 0, 0, 1 }, { "put", 0, 0, 0 }, { "work", 3, 0, 0 },
}

local function click(player, rnd)
  if #player.tab.link.queue >= 100 then return end
  local name, n, text, list = table.unpack(effects[rnd(#effects)])
  player.tab:click(name)
  player.n, player.text, player.list = player.n + n, player.text + text, player.list + list
end

-- A page that hears the host shows what it holds. Counts how often it was looked at right after the page came back.
local function agrees(player, is_back)
  local link = player.tab.link
  if not link.live or link.stalled.host then return end
  assert.equal(link.peer:holds(), link.mirror:json())
  if is_back then player.looked = player.looked + 1 end
end

local fates = {
  function(tab) tab:stall "host" end,
  function(tab) tab:stall "page" end,
  function(tab) tab:stall() end,
  function(tab) tab:flow() end,
  function(tab) tab:disconnect() end,
  function(tab) tab:reconnect() end,
  function(tab) -- its answer to hello is lost, too
    tab:reconnect()
    tab:disconnect()
  end,
  function(tab) -- it trusts its state no more
    tab:flow()
    tab.link.version = nil
    tab:reconnect()
  end,
}

local function suffer(player, rnd)
  local tab, before = player.tab, player.tab.link.peer
  fates[rnd(#fates)](tab)
  agrees(player, tab.link.peer ~= before)
  if not tab.link.peer and rnd(2) == 1 then
    tab:reconnect()
    agrees(player, true)
  end
end

local function step(player, rnd)
  if rnd(3) > 1 then click(player, rnd) else suffer(player, rnd) end
  if rnd(3) == 1 then t.advance(rnd(5) / 20) end
  agrees(player)
end

local function whole_state(tab)
  tab.link.version = nil -- knows nothing: the host says all
  tab:reconnect()
  return tab:state "Sum"
end

local function mend(player)
  player.tab:flow()
  player.tab:reconnect()
  agrees(player, true)
end

local function assert_once(player)
  local tab = player.tab
  local seen = tl.copy(tab:state "Sum")
  assert.same({}, tab.link.queue)
  assert.equal(player.n, seen.n)
  assert.equal(player.text, #seen.text)
  assert.equal(player.list, #seen.list)
  assert.equal(1, seen.loads)
  assert.same(seen, whole_state(tab))
end

local function play(seed)
  local rnd = generator(seed)
  t.seed(seed % 4 == 0 and 0 or seed)
  local players = {}
  for i = 1, 2 do players[i] = { tab = t.open(APP, "/"), n = 0, text = 0, list = 0, looked = 0 } end
  for _ = 1, STEPS do step(players[rnd(2)], rnd) end
  for _, player in ipairs(players) do mend(player) end
  t.advance(200)
  for _, player in ipairs(players) do
    assert_once(player)
    player.tab:close()
  end
  return players[1].looked + players[2].looked
end

describe("a bad network", function()
  for first = 1, SEEDS, 20 do
    -- holds: client.once, resume.equal
    it(("loses and doubles nothing with the seeds from %d"):format(first), function()
      local looked = 0
      for seed = first, first + 19 do
        local ok, result = pcall(play, seed)
        if not ok then error(("seed %d: %s"):format(seed, tostring(result)), 0) end
        looked = looked + result
      end
      assert.is_true(looked > 100, "pages came back, and were looked at")
    end)
  end
end)

describe("what is held up", function()
  it("from the page has not happened, and happens once when it arrives", function()
    local tab = t.open(APP, "/")
    local before = #tab:deltas()
    tab:stall "page"
    tab:click "add"
    assert.equal(before, #tab:deltas())
    tab:flow()
    assert.equal(7, tab:state "Sum".n)
  end)

  -- holds: client.once
  it("from the host has happened, and happens no second time when it is lost", function()
    local tab = t.open(APP, "/")
    tab:stall "host"
    tab:click "add"
    assert.equal(0, tab:state "Sum".n)
    tab:disconnect()
    tab:reconnect()
    assert.equal(7, tab:state "Sum".n)
  end)

  it("is named by page or host", function()
    local tab = t.open(APP, "/")
    assert.has_error(function() tab:stall "both" end, 'tab:stall: "page", "host" or nothing, not both')
  end)
end)

describe("a tab without a page", function()
  local function kept(tab)
    local token = tab.link.token
    tab:reconnect()
    return token == tab.link.token
  end

  -- holds: tab.ttl
  it("is kept for tab_ttl and not longer", function()
    local tab = t.open(APP, "/")
    tab:disconnect()
    t.advance(99.9)
    assert.is_true(kept(tab))
    tab:disconnect()
    t.advance(100.1)
    assert.is_false(kept(tab))
  end)

  it("is kept as long again while what was done there is at work", function()
    local tab = t.open(APP, "/")
    tab:click "wait"
    tab:disconnect()
    t.advance(199)
    assert.is_true(kept(tab))
    assert.equal(1, tab:state "Sum".n)
  end)

  it("is not kept for ever by an event that does not end", function()
    local tab = t.open(APP, "/")
    tab:click "wait for ever"
    tab:disconnect()
    t.advance(201)
    assert.is_false(kept(tab))
    assert.same({}, tl.tasks())
  end)

  it("is not gone while the page is there, however long", function()
    local tab = t.open(APP, "/")
    tab:click "add"
    t.advance(1000)
    tab:disconnect()
    t.advance(60)
    assert.is_true(kept(tab))
    t.advance(1000)
    assert.is_true(kept(tab))
  end)
end)

describe("a duplicated tab", function()
  -- holds: takeover.duplicate, takeover.tasks
  it("is a copy, and the task stays with the original", function()
    local tab = t.open(APP, "/")
    tab:click "work"
    local copy = tab:duplicate()
    assert.are_not.equal(tab.link.token, copy.link.token)
    t.advance(1)
    assert.same({ 3, 1 }, { tab:state "Sum".n, copy:state "Sum".n })
    assert.equal(2, copy:state "Sum".loads)
  end)

  it("takes the tab when its page has lost the connection; that page gets the copy, and does nothing again", function()
    local tab = t.open(APP, "/")
    tab:click "work"
    tab:stall "host"
    tab:click "add"
    tab:disconnect()
    local other = tab:duplicate()
    tab:reconnect()
    assert.are_not.equal(tab.link.token, other.link.token)
    assert.same({}, tab.link.queue)
    t.advance(1)
    assert.same({ 8, 10 }, { tab:state "Sum".n, other:state "Sum".n })
  end)
end)
