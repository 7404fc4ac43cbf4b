using System.Text.Json;
using System.Text.Json.Serialization;
using Hydra.Engine.Replay;

namespace Hydra.Engine;

/// <summary>
/// The engine's own payloads: failures and the ends of attempts, always plain JSON whatever users choose.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(Failure))]
[JsonSerializable(typeof(AttemptEnd))]
internal sealed partial class EngineJson : JsonSerializerContext
{
    public static Payload Write(Failure failure) =>
        Payload.Create(JsonSerializer.SerializeToUtf8Bytes(failure, Default.Failure));

    public static Payload Write(AttemptEnd end) =>
        Payload.Create(JsonSerializer.SerializeToUtf8Bytes(end, Default.AttemptEnd));

    /// <summary>Reads a failure; one that cannot be read still says so instead of hiding that there was one.</summary>
    public static Failure ReadFailure(Payload payload)
    {
        if (payload.IsEncoded)
        {
            return new Failure("unknown", payload.Describe());
        }

        try
        {
            return JsonSerializer.Deserialize(payload.Data.Span, Default.Failure) ?? Unreadable;
        }
        catch (Exception e) when (e is JsonException or PayloadException)
        {
            return Unreadable;
        }
    }

    public static AttemptEnd ReadAttemptEnd(Payload payload) =>
        JsonSerializer.Deserialize(payload.Data.Span, Default.AttemptEnd)!;

    /// <summary>Reads the end of an attempt for people; null when it cannot be read.</summary>
    public static AttemptEnd? TryReadAttemptEnd(Payload payload)
    {
        try
        {
            return ReadAttemptEnd(payload) is { Carried: not null } end ? end : null;
        }
        catch (Exception e) when (e is JsonException or PayloadException)
        {
            return null;
        }
    }

    private static Failure Unreadable { get; } = new("unknown", "The recorded failure cannot be read.");
}
