using System.Text;
using System.Text.Json;

namespace Hydra;

/// <summary>
/// A program of the user's that was asked for its code only: the first engine that it opens replays what it is given,
/// and the process ends.
/// </summary>
/// <remarks>
/// `hydra replay` starts the program with <see cref="Variable"/> set and gives it histories, one a line, on standard
/// input. So the program needs no database for it: its store is never made, nothing is migrated, no worker starts, and
/// in a host no other hosted service either. Answers are lines of standard output that begin with the word and the
/// value of the variable, which nobody else knows: whatever else the program prints is none. See docs/adr/0028.
/// </remarks>
internal static class ReplayProgram
{
    /// <summary>The environment variable; its value marks the answers.</summary>
    public const string Variable = "HYDRA_REPLAY";

    /// <summary>The first word of every answer.</summary>
    public const string Word = "hydra-replay";

    private const int Protocol = 2; // Since 2 it knows dry runs of forks.

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

    /// <summary>Whether this process was asked.</summary>
    public static bool IsAsked => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };

    /// <summary>Answers what comes on standard input, and ends the process.</summary>
    /// <param name="client">Of the engine, whose store is empty.</param>
    /// <param name="workflows">The names that it knows.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static async Task RunAsync(
        HydraClient client, IReadOnlyList<string> workflows, CancellationToken cancellationToken)
    {
        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        await using var output = Console.OpenStandardOutput();
        await ServeAsync(
            client, workflows, input, output, Environment.GetEnvironmentVariable(Variable)!, cancellationToken);
        Environment.Exit(0); // Whatever the program would do next is not what it was started for.
    }

    /// <summary>Says hello, and answers every line in the order of the lines.</summary>
    public static async Task ServeAsync(
        HydraClient client,
        IReadOnlyList<string> workflows,
        TextReader input,
        Stream output,
        string mark,
        CancellationToken cancellationToken)
    {
        Say(output, mark, writer =>
        {
            writer.WriteNumber("protocol", Protocol);
            writer.WriteStartArray("workflows");
            foreach (var workflow in workflows)
            {
                writer.WriteStringValue(workflow);
            }

            writer.WriteEndArray();
        });
        var under = new Queue<Task<ReplayReport>>();
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            under.Enqueue(AnswerAsync(client, line, cancellationToken));
            if (under.Count == Environment.ProcessorCount)
            {
                await SayNextAsync(under, output, mark);
            }
        }

        while (under.Count > 0)
        {
            await SayNextAsync(under, output, mark);
        }
    }

    private static async Task<ReplayReport> AnswerAsync(
        HydraClient client, string line, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(line, Deep);
        var request = document.RootElement;
        var options = new ReplayOptions();
        if (request.TryGetProperty("patience", out var patience))
        {
            options = options with { Patience = TimeSpan.FromSeconds(patience.GetDouble()) };
        }

        if (request.TryGetProperty("fork", out var fork))
        {
            options.Validate();
            return await client.DryForkAsync(
                ReadHistory(request),
                fork.GetProperty("step").GetString()!,
                ReadFork(fork),
                options,
                cancellationToken);
        }

        options = options with
        {
            FromStep = request.TryGetProperty("fromStep", out var step) ? step.GetString() : null,
            StepOutput = ReadPayload(request, "output"),
            WorkflowInput = ReadPayload(request, "input"),
        };
        options.Validate();
        return await client.ReplayAsync(ReadHistory(request), options, cancellationToken);
    }

    private static ExecutionDetails ReadHistory(JsonElement request) =>
        HistoryJson.Parse(request.GetProperty("history").GetRawText());

    private static ForkOptions ReadFork(JsonElement fork)
    {
        var options = new ForkOptions
        {
            Key = fork.TryGetProperty("key", out var key) ? key.GetString() : null,
        };
        options = ReadPayload(fork, "input") is { } input ? options.WithStepInput(input) : options;
        options = ReadPayload(fork, "output") is { } output ? options.WithStepOutput(output) : options;
        return ReadPayload(fork, "workflowInput") is { } other ? options.WithWorkflowInput(other) : options;
    }

    private static Payload? ReadPayload(JsonElement request, string name) => request.TryGetProperty(name, out var value)
        ? Payload.Create(Encoding.UTF8.GetBytes(value.GetRawText()))
        : null;

    private static async Task SayNextAsync(Queue<Task<ReplayReport>> under, Stream output, string mark)
    {
        ReplayReport? report = null;
        string? error = null;
        try
        {
            report = await under.Dequeue();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            error = e.Message; // A line that is no request, perhaps of another version of the tool.
        }

        Say(output, mark, writer =>
        {
            if (report is null)
            {
                writer.WriteString("error", error);
                return;
            }

            writer.WritePropertyName("report");
            ExecutionJson.Write(writer, report);
        });
    }

    /// <summary>Writes one line at once, on a line of its own whatever the program has printed before.</summary>
    private static void Say(Stream output, string mark, Action<Utf8JsonWriter> write)
    {
        using var line = new MemoryStream();
        line.Write(Encoding.UTF8.GetBytes($"\n{Word} {mark} "));
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        output.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
        output.Flush();
    }
}
