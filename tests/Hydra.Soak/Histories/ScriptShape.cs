using System.Text.Json;

namespace Hydra.Soak.Histories;

/// <summary>What a script says about its execution before it has run.</summary>
internal static class ScriptShape
{
    /// <summary>How many bodies of a script can be in flight at once. Of anything else it is one.</summary>
    public static int Width(string input)
    {
        using var document = JsonDocument.Parse(input);
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("commands", out var commands)
                ? Width(commands)
                : 1;
    }

    /// <summary>The attempts from 1 to this one fail of the steps that are given this input.</summary>
    public static int FailTimes(string script, string input) => Steps(script)
        .Where(step => InputOf(step) == input && step.TryGetProperty("failTimes", out _))
        .Select(step => step.GetProperty("failTimes").GetInt32())
        .FirstOrDefault();

    /// <summary>Whether a step that is given this input belongs to the cleanup.</summary>
    public static bool CleansUp(string script, string input) => Cleanup(script).Contains(input);

    /// <summary>What the steps of the cleanup are given.</summary>
    public static IEnumerable<string> Cleanup(string script) => Commands(script)
        .Where(command => command.GetProperty("op").GetString() == "guard")
        .SelectMany(guard => All(guard.GetProperty("cleanup")))
        .Select(InputOf);

    /// <summary>Whether a script ends with a failure of its own.</summary>
    public static bool Fails(string script) =>
        Commands(script).Any(command => command.GetProperty("op").GetString() == "fail");

    /// <summary>Whether a script can have an output: a value per command, a race won by any of its branches.</summary>
    public static bool Fits(string input, string output)
    {
        using var script = JsonDocument.Parse(input);
        using var value = JsonDocument.Parse(output);
        return Fits(script.RootElement.GetProperty("commands"), value.RootElement);
    }

    private static IEnumerable<JsonElement> Steps(string script) =>
        Commands(script).Where(command => command.GetProperty("op").GetString() == "step");

    private static IEnumerable<JsonElement> Commands(string script) =>
        JsonElement.Parse(script) is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("commands", out var commands)
                ? All(commands)
                : [];

    /// <summary>Commands and those within them.</summary>
    private static IEnumerable<JsonElement> All(JsonElement commands) => commands.EnumerateArray().SelectMany(
        command => Within(command, "commands")
            .Concat(Within(command, "cleanup"))
            .Concat(Within(command, "branches").SelectMany(branches => branches.EnumerateArray()))
            .SelectMany(All)
            .Prepend(command));

    private static IEnumerable<JsonElement> Within(JsonElement command, string name) =>
        command.TryGetProperty(name, out var within) ? [within] : [];

    private static string InputOf(JsonElement step) =>
        step.TryGetProperty("input", out var input) ? input.GetRawText() : "null";

    private static int Width(JsonElement commands)
    {
        // The losers of a race go on beside what comes after it.
        var (widest, losers) = (1, 0);
        foreach (var command in commands.EnumerateArray())
        {
            var width = command.GetProperty("op").GetString() switch
            {
                "parallel" or "race" => command.GetProperty("branches").EnumerateArray().Sum(Width),
                "repeat" => Width(command.GetProperty("commands")),
                "guard" => Width(command.GetProperty("commands")) + Width(command.GetProperty("cleanup")),
                _ => 1,
            };
            widest = Math.Max(widest, width + losers);
            losers += command.GetProperty("op").GetString() == "race" ? width : 0;
        }

        return widest;
    }

    private static bool Fits(JsonElement commands, JsonElement outputs) =>
        outputs.ValueKind == JsonValueKind.Array
        && outputs.GetArrayLength() == commands.GetArrayLength()
        && commands.EnumerateArray().Zip(outputs.EnumerateArray()).All(pair => FitsOne(pair.First, pair.Second));

    private static bool FitsOne(JsonElement command, JsonElement output)
    {
        switch (command.GetProperty("op").GetString())
        {
            case "step":
                return JsonElement.DeepEquals(command.GetProperty("output"), output);
            case "sleep":
                return output.ValueKind == JsonValueKind.Null;
            case "guard":
                return Fits(command.GetProperty("commands"), output);
            case "parallel":
                return EachFits(command.GetProperty("branches"), output);
            case "race":
                var branches = command.GetProperty("branches");
                var winner = output.GetProperty("winner").GetInt32();
                return winner >= 0 && winner < branches.GetArrayLength()
                    && Fits(branches[winner], output.GetProperty("output"));
            case "repeat":
                return output.ValueKind == JsonValueKind.Array
                    && output.GetArrayLength() == command.GetProperty("times").GetInt32()
                    && output.EnumerateArray().All(round => Fits(command.GetProperty("commands"), round));
            default:
                return false;
        }
    }

    private static bool EachFits(JsonElement branches, JsonElement outputs) =>
        outputs.ValueKind == JsonValueKind.Array
        && outputs.GetArrayLength() == branches.GetArrayLength()
        && branches.EnumerateArray().Zip(outputs.EnumerateArray()).All(pair => Fits(pair.First, pair.Second));
}
