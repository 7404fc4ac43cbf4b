using System.Text.Json;
using System.Text.Json.Serialization;
using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>The engine's own payloads of schedules, always plain JSON: instants are microseconds since 1970.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    Converters = [typeof(InstantConverter), typeof(IdConverter)])]
[JsonSerializable(typeof(ScheduleDefinition))]
[JsonSerializable(typeof(ScheduleProgress))]
internal sealed partial class ScheduleJson : JsonSerializerContext
{
    public static Payload Write(ScheduleDefinition definition) =>
        Payload.Create(JsonSerializer.SerializeToUtf8Bytes(definition, Default.ScheduleDefinition));

    public static Payload Write(ScheduleProgress progress) =>
        Payload.Create(JsonSerializer.SerializeToUtf8Bytes(progress, Default.ScheduleProgress));

    /// <exception cref="PayloadException">It cannot be read: a newer version wrote it, or it is damaged.</exception>
    public static ScheduleDefinition ReadDefinition(ScheduleRow row) =>
        Read(row, () => JsonSerializer.Deserialize(row.Definition.Data.Span, Default.ScheduleDefinition));

    /// <summary>The subject of what a schedule starts; null when it has none, or is none of the engine's.</summary>
    public static string? FindSubject(ScheduleRow row) =>
        row.Definition.IsNone ? null : ReadDefinition(row).Subject;

    /// <exception cref="PayloadException">It cannot be read: a newer version wrote it, or it is damaged.</exception>
    public static ScheduleProgress ReadProgress(ScheduleRow row) =>
        Read(row, () => JsonSerializer.Deserialize(row.Progress.Data.Span, Default.ScheduleProgress));

    private static T Read<T>(ScheduleRow row, Func<T?> read) where T : class
    {
        try
        {
            return read() ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new PayloadException(
                $"The stored schedule '{row.Name}' cannot be read: {e.Message} Use the version that wrote it, or "
                + "delete the schedule and make it anew.",
                e);
        }
    }

    internal sealed class InstantConverter : JsonConverter<Instant>
    {
        public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Micros);
    }

    internal sealed class IdConverter : JsonConverter<ExecutionId>
    {
        public override ExecutionId Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Hydra.ExecutionId.TryParse(reader.GetString(), null, out var id)
                ? id
                : throw new JsonException("It is no id.");

        public override void Write(Utf8JsonWriter writer, ExecutionId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
