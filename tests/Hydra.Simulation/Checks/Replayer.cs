using System.Data.Common;
using System.Text.Json;
using Hydra.Engine;
using Hydra.Engine.Replay;
using Hydra.Engine.Running;
using Hydra.Simulation.Programs;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>Runs a program over a journal and nothing else: no store, no process, no bodies.</summary>
internal sealed class Replayer : ITurnHost, ICallIssuer, IProgramHost
{
    /// <summary>Under which the replay delivers, unless another is given: it is no owner's.</summary>
    public const long Epoch = 0;

    public static readonly PayloadSerializer Serializer = new(
        new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        },
        new Limits());

    private readonly ExecutionId _id;
    private readonly Dictionary<string, IssuedCall> _issued = [];
    private readonly Queue<TaskCompletionSource> _foreign = [];

    public Replayer(ExecutionId id, Instant start, IEnumerable<JournalEntry> entries, Node program, long epoch = Epoch)
    {
        _id = id;
        Journal = new Journal(entries);
        Time = start;
        var interpreter = new Interpreter(new WorkflowContext(this), this);
        Loop = new TurnLoop(this, Journal, start, epoch, "replayer", () => RunAsync(interpreter, program));
    }

    public TurnLoop Loop { get; }

    public Journal Journal { get; }

    /// <summary>The time of the next outcome that is not in the journal.</summary>
    public Instant Time { get; set; }

    public List<string> Violations { get; } = [];

    /// <summary>All calls of the code by their keys.</summary>
    public IReadOnlyDictionary<string, IssuedCall> Issued => _issued;

    ExecutionId ICallIssuer.ExecutionId => _id;

    string ICallIssuer.WorkflowName => "program";

    string? ICallIssuer.Key => null;

    ScheduledInstant? ICallIssuer.Schedule => null;

    Instant ICallIssuer.Now => Loop.Time;

    CancellationToken ICallIssuer.CancellationToken => Loop.CancellationToken;

    bool IProgramHost.RunsOtherCode => false;

    ulong ICallIssuer.Seed
    {
        get
        {
            var seed = 14695981039346656037ul;
            foreach (var value in _id.ToByteArray())
            {
                seed = (seed ^ value) * 1099511628211;
            }

            return seed;
        }
    }

    void ICallIssuer.EnsureOnScheduler() => Loop.EnsureOnScheduler();

    Task<TOutput> ICallIssuer.IssueStep<TInput, TOutput>(
        string name,
        TInput input,
        Func<BodyScope, TInput, CancellationToken, Task<TOutput>> body,
        bool scoped,
        StepOptions? options,
        CancellationToken withdraw,
        TransactionSource? transaction)
    {
        if (withdraw.IsCancellationRequested)
        {
            return Task.FromCanceled<TOutput>(withdraw);
        }

        var call = new StepCall<TInput, TOutput>(
            Loop.Calls.TakeKey(name, options?.Key),
            input,
            Serializer.Write(input, name),
            body,
            options?.Retry ?? RetryPolicy.None,
            options?.Timeout,
            scoped,
            Serializer);
        Issue(call, withdraw);
        return call.Task;
    }

    Task ICallIssuer.IssueSleep(TimeSpan? duration, DateTimeOffset? until, CancellationToken withdraw)
    {
        if (withdraw.IsCancellationRequested)
        {
            return Task.FromCanceled(withdraw);
        }

        var call = new SleepCall(
            Loop.Calls.TakeKey("sleep", explicitKey: null),
            SleepCall.InputFor(duration!.Value),
            Loop.Time.Plus(duration.Value));
        Issue(call, withdraw);
        return call.Task;
    }

    Instant ITurnHost.Now() => Time;

    void ITurnHost.Wake()
    {
    }

    void ITurnHost.CancelLater(CancellationTokenSource source)
    {
    }

    void ITurnHost.ReportViolation(string message) => Violations.Add(message);

    /// <summary>Delivers what there is; what the code awaits from outside comes where it came before.</summary>
    public void Pump()
    {
        Loop.Pump();
        while (Loop.AwaitedForeign is not null && _foreign.TryDequeue(out var foreign))
        {
            foreign.TrySetResult(); // Unless the token has ended it.
            Loop.Pump();
        }
    }

    Task IProgramHost.ForeignAsync(TimeSpan duration, CancellationToken token)
    {
        var foreign = new TaskCompletionSource();
        token.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), foreign);
        _foreign.Enqueue(foreign);
        return foreign.Task;
    }

    void IProgramHost.Issued()
    {
    }

    Task<long> IProgramHost.RunBodyAsync(StepPlan plan, Given given, CancellationToken token) =>
        throw new InvalidOperationException("A replay runs no bodies.");

    Task<long> IProgramHost.RunBodyAsync(
        StepPlan plan, DbTransaction transaction, Given given, CancellationToken token) =>
        throw new InvalidOperationException("A replay runs no bodies.");

    private static async Task<Payload> RunAsync(Interpreter interpreter, Node program) =>
        Serializer.Write(await interpreter.RunAsync(program), "The output of the workflow");

    private void Issue(Call call, CancellationToken withdraw)
    {
        Loop.Issue(call, withdraw);
        _issued.Add(call.Key, IssuedCall.Of(call, 0));
    }
}
