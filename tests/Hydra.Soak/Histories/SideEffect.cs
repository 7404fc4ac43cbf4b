using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hydra.Soak.Histories;

/// <summary>One line that a step body wrote outside of the engine.</summary>
internal sealed record SideEffect
{
    public required string Execution { get; init; }

    public required string Step { get; init; }

    public required int Attempt { get; init; }

    public required long Epoch { get; init; }

    /// <summary>What the body was given, as JSON.</summary>
    [JsonIgnore]
    public string Input { get; init; } = "";

    public string Worker { get; init; } = "";

    public string Session { get; init; } = "";

    /// <summary>"begin" or "end".</summary>
    public required string Phase { get; init; }

    public bool? Ok { get; init; }

    public string? ValueHash { get; init; }

    public long UnixMicros { get; init; }

    public bool Begins => Phase == "begin";

    public static SideEffect Parse(string line)
    {
        var written = JsonElement.Parse(line);
        return written.Deserialize<SideEffect>(JsonSerializerOptions.Web)! with
        {
            Input = written.TryGetProperty("input", out var input) ? input.GetRawText() : "",
        };
    }
}
