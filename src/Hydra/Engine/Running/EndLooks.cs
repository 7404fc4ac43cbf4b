using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>
/// Looks whether executions have ended that run elsewhere. What is asked while looks are under way goes together in
/// the next one: a thousand callers that wait cost the database no more looks than a few.
/// </summary>
/// <remarks>Two looks may be under way at once, so that nobody has to wait for a slow one.</remarks>
internal sealed class EndLooks(IWorkflowQueries queries, EngineRuntime runtime)
{
    private const int MostLooks = 2;
    private const int MostIds = 128;
    private const int MostBytes = 65_536;

    private readonly Lock _lock = new();
    private readonly Queue<(ExecutionId Id, TaskCompletionSource<FoundEnd?> Caller)> _asked = [];
    private int _looks;

    /// <summary>Looks how an execution stands.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<FoundEnd?> LookAsync(ExecutionId id, CancellationToken cancellationToken)
    {
        var caller = new TaskCompletionSource<FoundEnd?>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool begins;
        lock (_lock)
        {
            _asked.Enqueue((id, caller));
            begins = _looks < MostLooks;
            _looks += begins ? 1 : 0;
        }

        if (begins)
        {
            _ = runtime.Run(LookWhileAskedAsync);
        }

        return caller.WaitAsync(cancellationToken);
    }

    private async Task LookWhileAskedAsync()
    {
        while (Take() is { Count: > 0 } callers)
        {
            try
            {
                var ends = await queries.FindEndsAsync(callers.Keys, MostBytes, CancellationToken.None);
                foreach (var end in ends)
                {
                    if (callers.Remove(end.Id, out var found))
                    {
                        found.ForEach(caller => caller.TrySetResult(end));
                    }
                }

                Tell(callers, static caller => caller.TrySetResult(null));
            }
            catch (Exception e)
            {
                Tell(callers, caller => caller.TrySetException(e));
            }
        }
    }

    /// <summary>Takes what is to be looked for next; nothing when this look is over.</summary>
    private Dictionary<ExecutionId, List<TaskCompletionSource<FoundEnd?>>> Take()
    {
        var callers = new Dictionary<ExecutionId, List<TaskCompletionSource<FoundEnd?>>>();
        lock (_lock)
        {
            while (callers.Count < MostIds && _asked.TryDequeue(out var asked))
            {
                if (asked.Caller.Task.IsCompleted)
                {
                    continue; // Has given up.
                }

                if (!callers.TryGetValue(asked.Id, out var same))
                {
                    callers.Add(asked.Id, same = new(1));
                }

                same.Add(asked.Caller);
            }

            _looks -= callers.Count == 0 ? 1 : 0;
        }

        return callers;
    }

    private static void Tell(
        Dictionary<ExecutionId, List<TaskCompletionSource<FoundEnd?>>> callers,
        Action<TaskCompletionSource<FoundEnd?>> tell)
    {
        foreach (var same in callers.Values)
        {
            same.ForEach(tell);
        }
    }
}
