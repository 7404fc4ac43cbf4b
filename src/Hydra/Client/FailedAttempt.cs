using System.Text.Json;

namespace Hydra;

/// <summary>What the end of an attempt that is followed by another says about the journal before it.</summary>
/// <param name="Attempt">The attempt that ended; 0 when it is not told.</param>
/// <param name="TruncateAt">The first seq that the next attempt does not replay; null when it is not told.</param>
/// <param name="Carried">The seqs of the failures that made it fail, which are superseded.</param>
internal sealed record FailedAttempt(int Attempt, long? TruncateAt, IReadOnlyList<long> Carried)
{
    /// <summary>Reads the input of the entry; what cannot be read is left out, for a page that must show the rest.</summary>
    public static FailedAttempt Read(Payload input)
    {
        using var document = JsonValues.Read(input);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } told)
        {
            return new(0, null, []);
        }

        return new(
            (int)(Number(told, "attempt") ?? 0),
            Number(told, "truncateAt"),
            told.TryGetProperty("carried", out var carried) && carried.ValueKind == JsonValueKind.Array
                ? [.. carried.EnumerateArray().Where(IsNumber).Select(seq => seq.GetInt64())]
                : []);
    }

    private static long? Number(JsonElement told, string name) =>
        told.TryGetProperty(name, out var value) && IsNumber(value) ? value.GetInt64() : null;

    private static bool IsNumber(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _);
}
