using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>
/// A walk of chance through what can happen to executions, by operations of the store; only time passes past it: what
/// lies ahead becomes due, and leases end, by a change of the rows.
/// </summary>
internal sealed class ExecutionWalk(
    IWorkflowStore store, SessionRow session, Func<string, Task> execute, Func<string, string> view, int seed)
{
    private const int Length = 200;
    private const int MostExecutions = 4;
    private const int MostWorkers = 3;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Random _random = new(seed);
    private readonly List<Worker> _workers = [];
    private readonly List<ExecutionId> _ids = [];
    private readonly Dictionary<ExecutionId, (Worker Worker, ExecutionRow Row)> _owned = [];
    private int _numbers = seed * 1_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Instant Later => Instant.From(TimeProvider.System.GetUtcNow()).Plus(Hour);

    /// <summary>What happens next, each answering the executions to look at then.</summary>
    public IEnumerable<Func<Task<IEnumerable<ExecutionId>>>> Steps
    {
        get
        {
            for (var step = 0; step < Length; step++)
            {
                yield return StepAsync;
            }
        }
    }

    private async Task<IEnumerable<ExecutionId>> StepAsync()
    {
        var touched = _random.Next(100) switch
        {
            < 12 => await StartAsync(),
            < 20 => await OpenAsync(),
            < 36 => await ClaimAsync(),
            < 68 => await WriteAsync(),
            < 70 => await EndAsync(Make.Cancel(Any())),
            < 71 => await EndAsync(Make.Terminate(Any())),
            < 75 => await CommitAsync(Make.RetryNow(Any(), ++_numbers)),
            < 79 => await DieAsync(),
            < 84 => await SweepAsync(),
            < 95 => await CrashAsync(),
            _ => await PassAsync(),
        };
        return new[] { touched, Any() }.Where(id => id != default).Distinct();
    }

    private async Task<ExecutionId> StartAsync()
    {
        var start = Make.Start(ExecutionId.Create(1_800_000_000_000, (ulong)++_numbers << 32, 1)) with
        {
            Workflow = Chance(10) ? "refund" : Make.Workflow,
            Delay = Chance(20) ? Hour : TimeSpan.Zero,
        };
        if (_ids.Count == MostExecutions)
        {
            _ids.RemoveAt(0); // Nobody looks at it any more.
        }

        _ids.Add(start.Id);
        return await CommitAsync(start);
    }

    private async Task<ExecutionId> OpenAsync()
    {
        if (_workers.Count < MostWorkers)
        {
            await JoinAsync();
        }

        return Any();
    }

    private async Task<Worker> JoinAsync()
    {
        var number = ++_numbers;
        var worker = new Worker(store, session with
        {
            Id = new SessionId(number),
            Worker = $"w{number}",
            Build = Chance(50) ? "b1" : "b2",
            Concurrency = _random.Next(1, 4),
        });
        await store.OpenSessionAsync(worker.Row, Token);
        await ChangeAsync("sessions", "on_time_since = 1", $"id = {number}"); // It may sweep at once.
        _workers.Add(worker);
        return worker;
    }

    private async Task<ExecutionId> ClaimAsync()
    {
        if (_workers.Count == 0)
        {
            return default;
        }

        return await ClaimAsync(_workers[_random.Next(_workers.Count)]);
    }

    private async Task<ExecutionId> ClaimAsync(Worker worker)
    {
        var owned = _owned.Values.Where(one => one.Worker == worker).ToList();
        var claimed = await worker.ClaimAsync(request => request with
        {
            Limit = Math.Max(0, worker.Row.Concurrency - owned.Count),
            AcceptSuspect = owned.TrueForAll(one => one.Row.BarrenCrashes < 2),
        });
        foreach (var execution in claimed.Executions)
        {
            _owned[execution.Row.Id] = (worker, execution.Row);
        }

        return Any();
    }

    private async Task<ExecutionId> WriteAsync()
    {
        if (_owned.Count == 0)
        {
            return default;
        }

        var (worker, row) = _owned.Values.ElementAt(_random.Next(_owned.Count));
        var seq = row.LastSeq + 1;
        var failed = Make.Entry(row, seq, EntryKind.AttemptFailed) with { Failed = true, Output = Make.Failure };
        var operation = _random.Next(11) switch
        {
            0 => Named(Make.Sleep(row, Later), seq, $"sleep#{seq}"),
            1 => Named(Make.Wait(row), seq, "approval"),
            2 => Named(Make.Sleep(row, Later), seq, "charge") with
            {
                Tries = [Make.Try(row, "charge") with { RetryAt = Later }],
            },
            3 => Make.Retry(row, Hour, failed),
            4 => Make.Retry(row, TimeSpan.Zero, failed),
            5 => Make.Refuse(row, worker.Row.Build) with { Settlement = Refused(row, worker.Row.Build) },
            6 => Make.Release(row) with { Settlement = new Settlement.Released { LastSeq = row.LastSeq } },
            7 => Make.Finish(row, seq),
            8 => Make.Settle(
                row,
                last => new Settlement.Finished(ExecutionState.Failed) { LastSeq = last },
                Make.Entry(row, seq, EntryKind.Terminal) with { Failed = true, Output = Make.Failure }),
            _ => Make.Advance(row) with
            {
                Tries = [Make.Try(row, $"pay#{row.Epoch}", phase: TryPhase.Started), Make.Try(row, "charge")],
            },
        };
        await worker.CommitAsync(operation); // Whatever it answers: it may have been terminated.
        if (operation.Settlement is not null)
        {
            _owned.Remove(row.Id);
        }

        if (operation.Settlement is Settlement.Finished)
        {
            _ids.Remove(row.Id); // It is looked at once more.
        }

        return row.Id;
    }

    private static Settlement.Refused Refused(ExecutionRow row, string build) =>
        new(build, Make.Failure) { LastSeq = row.LastSeq };

    private static AdvanceOperation Named(AdvanceOperation operation, long seq, string key) => operation with
    {
        Settlement = (Settlement.Suspended)operation.Settlement! with { LastSeq = seq - 1, WaitsFor = key },
    };

    /// <summary>The lease of a worker ends, and it does nothing any more.</summary>
    private async Task<ExecutionId> DieAsync()
    {
        if (_workers.Count == 0)
        {
            return default;
        }

        return await DieAsync(_workers[_random.Next(_workers.Count)]);
    }

    private async Task<ExecutionId> DieAsync(Worker worker)
    {
        _workers.Remove(worker);
        foreach (var one in _owned.Values.Where(one => one.Worker == worker).ToList())
        {
            _owned.Remove(one.Row.Id);
        }

        await ChangeAsync("sessions", "expires_at = 1", $"id = {worker.Session.Value}");
        return Any();
    }

    /// <summary>A worker comes, takes what it can, and dies of it.</summary>
    private async Task<ExecutionId> CrashAsync()
    {
        var worker = await JoinAsync();
        await ClaimAsync(worker);
        await DieAsync(worker);
        return await SweepAsync();
    }

    private async Task<ExecutionId> SweepAsync()
    {
        if (_workers.Count > 0)
        {
            await _workers[0].MaintainAsync(static request => request with
            {
                SuspectDelay = Hour,
                MaxSuspectDelay = Hour,
                QuarantineAfter = 1,
            });
        }

        return Any();
    }

    private async Task<ExecutionId> PassAsync()
    {
        var soon = Later.Plus(Hour).Micros;
        await ChangeAsync("executions", "due_at = 1", $"owner = 0 AND state < 6 AND due_at < {soon}");
        return Any();
    }

    /// <summary>Ends it, or asks its code to.</summary>
    private async Task<ExecutionId> EndAsync(StoreOperation operation)
    {
        _ids.Remove(await CommitAsync(operation));
        return operation.Id;
    }

    private async Task<ExecutionId> CommitAsync(StoreOperation operation)
    {
        if (operation.Id == default)
        {
            return default; // There is none yet.
        }

        await store.CommitAsync(new CommitBatch(SessionId.None, [operation]), Token);
        return operation.Id;
    }

    private Task ChangeAsync(string table, string set, string where) =>
        execute($"UPDATE {view(table)} SET {set} WHERE {where}");

    private ExecutionId Any() => _ids.Count == 0 ? default : _ids[_random.Next(_ids.Count)];

    private bool Chance(int percent) => _random.Next(100) < percent;
}
