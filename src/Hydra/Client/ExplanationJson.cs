using System.Text.Json;
using Hydra.Storage;

namespace Hydra;

/// <summary>Writes an explanation as one object: the execution's row, and what explains it.</summary>
internal static class ExplanationJson
{
    public static void Write(Utf8JsonWriter writer, Explanation explanation)
    {
        writer.WriteString("reason", JsonValues.Camel(explanation.Reason));
        WriteText(writer, explanation.Text);
        JsonValues.WriteTime(writer, "now", explanation.Now);
        JsonValues.WriteTime(writer, "until", explanation.Until);
        writer.WriteString("waitsFor", explanation.WaitsFor);
        writer.WritePropertyName("failure");
        ExecutionJson.Write(writer, explanation.Failure);
        WriteRunningSteps(writer, explanation.RunningSteps);
        WriteOwner(writer, explanation);
        WriteWorkers(writer, explanation);
        JsonValues.WriteNumber(writer, "slots", explanation.Slots);
        JsonValues.WriteNumber(writer, "slotsInUse", explanation.SlotsInUse);
        writer.WriteNumber("crashesWithoutProgress", explanation.Row.BarrenCrashes);
        writer.WriteNumber("crashesAsOnlySuspect", explanation.Row.SoleSuspectCrashes);
        writer.WriteBoolean("partial", explanation.IsPartial);
    }

    private static void WriteText(Utf8JsonWriter writer, IReadOnlyList<string> text)
    {
        writer.WriteStartArray("text");
        foreach (var line in text)
        {
            writer.WriteStringValue(line);
        }

        writer.WriteEndArray();
    }

    private static void WriteRunningSteps(Utf8JsonWriter writer, IReadOnlyList<StepTry> steps)
    {
        writer.WriteStartArray("runningSteps");
        foreach (var step in steps)
        {
            writer.WriteStartObject();
            writer.WriteString("key", step.Key);
            writer.WriteNumber("attempt", step.Attempt);
            JsonValues.WriteTime(writer, "startedAt", step.StartedAt);
            JsonValues.WritePayload(writer, "input", step.Input);
            writer.WriteString("worker", JsonValues.NullIfEmpty(step.Worker));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteOwner(Utf8JsonWriter writer, Explanation explanation)
    {
        writer.WritePropertyName("ownerWorker");
        if (explanation.Owner is { } owner)
        {
            ExecutionJson.Write(writer, owner);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private static void WriteWorkers(Utf8JsonWriter writer, Explanation explanation)
    {
        writer.WriteStartArray("liveWorkers");
        foreach (var worker in explanation.LiveWorkers)
        {
            writer.WriteStartObject();
            writer.WriteString("worker", worker.Worker);
            writer.WriteString("session", worker.Id.ToString());
            writer.WriteString("host", worker.Host);
            writer.WriteString("build", worker.Build);
            writer.WriteBoolean("knowsWorkflow", worker.Workflows.Contains(explanation.Row.Workflow));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
