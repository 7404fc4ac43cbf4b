using System.Runtime.CompilerServices;
using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>A step with its types.</summary>
internal sealed class StepCall<TInput, TOutput>(
    string key,
    TInput value,
    Payload input,
    Func<BodyScope, TInput, CancellationToken, Task<TOutput>> body,
    RetryPolicy retry,
    TimeSpan? timeout,
    bool scoped,
    PayloadSerializer serializer) : StepCall(key, input, retry, timeout, scoped)
{
    private readonly CompletionSource<TOutput> _completion = new();

    public Task<TOutput> Task => _completion.Task;

    public override bool HasSameInput(Payload recorded) => serializer.IsSameValue<TInput>(recorded, Input);

    public override async ValueTask<Payload> RunAsync(BodyScope scope, CancellationToken token)
    {
        serializer.EnsureReadable<TOutput>("The output of step", Key);
        var task = body(scope, Snapshot(), token)
            ?? throw new InvalidOperationException($"The body of step '{Key}' returned no task.");
        var output = serializer.Write(await task, "The output of step", Key);
        serializer.Read<TOutput>(output);
        return output;
    }

    /// <summary>
    /// What the body is given is what is recorded, whatever the workflow has done to the object since.
    /// </summary>
    private TInput Snapshot() =>
        RuntimeHelpers.IsReferenceOrContainsReferences<TInput>() && value is not string and not Nothing and not null
            ? serializer.Read<TInput>(Input)
            : value;

    public override void Deliver(JournalEntry outcome)
    {
        if (outcome.Failed)
        {
            var failure = EngineJson.ReadFailure(outcome.Output);
            _completion.Fail(failure.Type == typeof(StepInterruptedException).FullName
                ? new StepInterruptedException(Key, failure, outcome.Seq)
                : new StepFailedException(Key, failure, outcome.Seq));
        }
        else
        {
            _completion.Succeed(serializer.Read<TOutput>(outcome.Output));
        }
    }

    public override void End(OperationCanceledException reason) => _completion.End(reason);
}
