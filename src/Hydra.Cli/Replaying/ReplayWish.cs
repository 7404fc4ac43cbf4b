using System.Text;
using System.Text.Json;

namespace Hydra.Cli.Replaying;

/// <summary>How a program is asked to replay.</summary>
/// <param name="Patience">How long its code may take over one execution; null for the library's default.</param>
/// <param name="FromStep">The step from which a dry run goes on; null for none.</param>
/// <param name="Input">The workflow's input in a dry run; null for the recorded one.</param>
/// <param name="Output">The outcome of that step; null to let it run anew.</param>
internal sealed record ReplayWish(TimeSpan? Patience, string? FromStep, Payload? Input, Payload? Output)
{
    /// <summary>The fork that it is a dry run of; null for none.</summary>
    public ForkWish? Fork { get; init; }

    public bool IsDryRun => Fork is not null || FromStep is not null || Input is not null;

    /// <summary>One line that a program understands.</summary>
    public string Request(ExecutionDetails history)
    {
        using var line = new MemoryStream();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            if (Patience is { } patience)
            {
                writer.WriteNumber("patience", patience.TotalSeconds);
            }

            if (FromStep is not null)
            {
                writer.WriteString("fromStep", FromStep);
            }

            Write(writer, "input", Input);
            Write(writer, "output", Output);
            if (Fork is not null)
            {
                Write(writer, Fork);
            }

            writer.WritePropertyName("history");
            writer.WriteRawValue(HistoryJson.Format(history), skipInputValidation: true);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
    }

    private static void Write(Utf8JsonWriter writer, ForkWish fork)
    {
        writer.WriteStartObject("fork");
        writer.WriteString("step", fork.Step);
        if (fork.Key is not null)
        {
            writer.WriteString("key", fork.Key);
        }

        Write(writer, "input", fork.Input);
        Write(writer, "output", fork.Output);
        Write(writer, "workflowInput", fork.WorkflowInput);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, Payload? value)
    {
        if (value is { } payload)
        {
            writer.WritePropertyName(name);
            ExecutionJson.Write(writer, payload);
        }
    }
}
