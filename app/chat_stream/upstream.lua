-- Asks a language model, and gives its answer piece by piece. It speaks the way that most services have: a POST whose answer is a stream
-- of server-sent events, each with a JSON object. CHAT_URL, CHAT_KEY and CHAT_MODEL name a service; without them it is the app's own.

local tl = require "tidelock"

local upstream = {}

local KEY = os.getenv "CHAT_KEY"
local MODEL = os.getenv "CHAT_MODEL" or "small"
local TIME = 600 -- s, for a whole answer

-- Gives the lines of a text that comes in pieces, which may end anywhere. A whole line is whole characters, too.
local function by_lines(on_line)
  local rest = ""
  return function(piece)
    rest = rest .. piece
    local from = 1
    for line, after in rest:gmatch "([^\n]*)\n()" do
      from = after
      on_line(line) -- may wait, as it may not in gsub
    end
    rest = rest:sub(from)
  end
end

-- Calls on_token with the text of each event.
local function by_tokens(on_token)
  return function(line)
    local data = line:match "^data: ?(.-)\r?$"
    if not data or data == "[DONE]" then return end
    local choice = tl.json.decode(data).choices[1]
    local token = choice and choice.delta.content
    if type(token) == "string" and token ~= "" then on_token(token) end
  end
end

---Waits for the whole answer, and calls on_token(text) for each piece of it; on_token may wait. Raises a text when there is no answer.
---@param messages { role: string, content: string }[]
---@param on_token fun(text: string)
function upstream.ask(messages, on_token)
  local answer, problem = tl.http.request {
    url = os.getenv "CHAT_URL" or require "model".url(),
    json = { model = MODEL, stream = true, messages = messages },
    headers = KEY and { Authorization = "Bearer " .. KEY },
    timeout = TIME,
    on_chunk = by_lines(by_tokens(on_token)),
  }
  if not answer then error("The model cannot be reached: " .. problem, 0) end
  if answer.status ~= 200 then error("The model answered with status " .. answer.status, 0) end
end

return upstream
