-- A language model in a hundred lines: a server on this machine that streams an answer word by word, in the way of the services that
-- have one (server-sent events of JSON). So the app runs without any of them.

local luv = require "luv"
local tl = require "tidelock"

local model = {}

local PACE = tonumber(os.getenv "MODEL_PACE") or 40 -- ms, between two words

local answers = {
  { "hello", "Hello! Ask me about tides, boats or knots." },
  { "tide", [[
The moon pulls at the water, and the water follows: twice a day it comes, and twice a day it goes. The sun helps. When both pull in one
line, at new and full moon, the tide is high: a spring tide. A week later they pull across each other, and it is a neap tide.

Between two high waters lie about 12 hours and 25 minutes, because the moon has moved on a little by then.]] },
  { "boat", [[
A boat floats because it pushes aside as much water as it weighs. Give it a keel, and it goes where it looks rather than where the wind
blows.

If you are on board: one hand for yourself, one for the ship.]] },
  { "knot", [[
Three knots go a long way:

1. The bowline makes a loop that does not slip, and that opens again after any load.
2. The cleat hitch holds a line, and lets it go at once.
3. The sheet bend joins two ropes, also of different thickness.]] },
}

local otherwise = [[
You asked: “%s” – I am a small model and know little: tides, boats, knots. But I can tell it slowly, and you can stop me whenever you
like, which is what I am here to show.]]

-- What is said to a list of { role =, content = }, as a text with a line for each paragraph.
local function answer_to(messages)
  local question = messages[#messages].content
  local text = otherwise:format(question)
  for _, known in ipairs(answers) do
    if question:lower():find(known[1], 1, true) then text = known[2] end
  end
  return (text:gsub("(%S)\n(%l)", "%1 %2"))
end

local function chunk(text) return ("%x\r\n%s\r\n"):format(#text, text) end

local function event(text) return chunk("data: " .. text .. "\n\n") end

local function stream(socket, text)
  socket:write "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
  local next_word, timer = text:gmatch "%S+%s*", luv.new_timer()
  timer:start(PACE, PACE, function()
    local word = not socket:is_closing() and next_word()
    if word then
      socket:write(event(tl.json.encode { choices = { { delta = { content = word } } } }))
      return
    end
    timer:close()
    if socket:is_closing() then return end
    socket:write(event "[DONE]" .. chunk "")
    socket:shutdown(function() if not socket:is_closing() then socket:close() end end)
  end)
end

local function serve(socket)
  local got, answered = "", false
  socket:read_start(function(err, data)
    if err or not data then
      if not socket:is_closing() then socket:close() end
      return
    end
    got = got .. data
    local head, body = got:match "^(.-\r\n\r\n)(.*)$"
    local length = head and tonumber(head:lower():match "content%-length: (%d+)")
    if answered or not length or #body < length then return end
    answered = true
    stream(socket, answer_to(tl.json.decode(body).messages))
  end)
end

local address

---Where the model is; it is started when it is asked for the first time.
---@return string url
function model.url()
  if not address then
    local listener = luv.new_tcp()
    assert(listener:bind("127.0.0.1", 0))
    assert(listener:listen(16, function()
      local socket = luv.new_tcp()
      listener:accept(socket)
      serve(socket)
    end))
    address = ("http://127.0.0.1:%d/v1/chat/completions"):format(listener:getsockname().port)
  end
  return address
end

return model
