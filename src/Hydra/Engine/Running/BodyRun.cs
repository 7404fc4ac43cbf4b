using Hydra.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.Engine.Running;

/// <summary>
/// Runs one try of a step's body on the pool, outside the execution's scheduler, and reports how it ended.
/// </summary>
internal sealed class BodyRun(
    Activation activation,
    StepCall call,
    StepContext context,
    ActivationServices shared,
    CancellationToken token)
    : IThreadPoolWorkItem
{
    private static readonly TimeSpan RecoveryPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Timers go no further than 49 days, and no process is meant to: what is longer is no timeout.</summary>
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(40);

    private const int Posted = 0;
    private const int Begun = 1;
    private const int Prevented = 2;

    private readonly TransactionRun? _transaction = call.Transaction is null
        ? null
        : new TransactionRun(activation, call, context, shared);

    private object? _clock; // So that whoever keeps this keeps its timers; disposed of where it is made.
    private int _reported;
    private int _phase = Posted;

    public void Execute()
    {
        if (Run() is { } ended)
        {
            activation.Hear(ended);
        }
    }

    /// <summary>Runs the body as far as it goes without waiting.</summary>
    /// <returns>How it has ended; null when it still waits, so that the activation hears of it later.</returns>
    public TryEnded? Run()
    {
        var running = RunAsync();
        if (running.IsCompletedSuccessfully)
        {
            return MayReport() ? running.Result : null;
        }

        _ = ReportAsync(running);
        return null;
    }

    private async Task ReportAsync(ValueTask<TryEnded> running) => Report(await running);

    private void Report(TryEnded ended)
    {
        if (MayReport())
        {
            activation.Hear(ended);
        }
    }

    /// <summary>Whether the body has begun, which a busy pool may put off.</summary>
    public bool HasBegun => Volatile.Read(ref _phase) == Begun;

    /// <summary>Keeps the body from beginning, because nobody waits for it any more.</summary>
    /// <returns>False when it has begun.</returns>
    public bool TryPrevent() => Interlocked.CompareExchange(ref _phase, Prevented, Posted) != Begun;

    /// <remarks>A token fires later than what it stands for, so it is not enough to look at that.</remarks>
    private bool MayBegin() => !token.IsCancellationRequested && !call.Done && activation.MayBegin;

    private bool TryBegin()
    {
        var begins = MayBegin() && Interlocked.CompareExchange(ref _phase, Begun, Posted) != Prevented;
        return begins || !TryPrevent(); // It has begun before, and begins anew.
    }

    /// <summary>
    /// Whether this is the first to tell how the try has ended: a body that was given up may end later.
    /// </summary>
    private bool MayReport() => Interlocked.Exchange(ref _reported, 1) == 0;

    private async ValueTask<TryEnded> RunAsync()
    {
        var waitsInLine = _transaction is not null && !call.HasLanded; // It begins with its transaction.
        if (waitsInLine ? !MayBegin() : !TryBegin())
        {
            return NotBegun();
        }

        if (call.HasLanded)
        {
            return await RecoverAsync();
        }

        StepContext.Current = context;
        var watch = activation.Watch(call, context);
        Payload output = default;
        Exception? error = null;
        var isCommitted = false;
        try
        {
            AsyncServiceScope? scope = call.Scoped ? activation.CreateScope() : null;
            try
            {
                output = await InvokeAsync(scope?.ServiceProvider ?? activation.Services);
                isCommitted = _transaction is not null;
            }
            finally
            {
                if (scope is { } own)
                {
                    await own.DisposeAsync();
                }
            }
        }
        catch (Exception e) when (isCommitted) // Nothing takes that back, and another try would do it once more.
        {
            shared.Log.DisposalFailed("the services of a transactional step", e);
        }
        catch (Exception) when (HasBeenLeft) // It was in line, or its transaction has begun and its body has not.
        {
            watch.Drop();
            return NotBegun();
        }
        catch (Exception e) // Whatever the user's code throws is the outcome of the try.
        {
            error = e;
        }

        watch.End(error, token.IsCancellationRequested);
        return new TryEnded(call, output, error);
    }

    private bool HasBeenLeft => Volatile.Read(ref _phase) is var phase
        && (phase == Prevented || (phase == Posted && !MayBegin()));

    private TryEnded NotBegun() => new(call, default, Error: null, Began: false);

    /// <summary>Reads what an earlier try has committed, instead of running the body.</summary>
    private async Task<TryEnded> RecoverAsync()
    {
        while (true)
        {
            try
            {
                var store = shared.Store.Transactions!; // Whatever the code takes the step for by now.
                var landed = await store.ReadLandedAsync(context.ExecutionId, call.Key, token);
                return landed is [var one]
                    ? new TryEnded(call, one.Output, Error: null) { Landed = one }
                    : new TryEnded(call, default, new BrokenResultException(call.Key, landed.Count));
            }
            catch (StoreException e) when (e.Kind == StoreErrorKind.Deterministic)
            {
                return new TryEnded(call, default, new BrokenResultException(call.Key, e));
            }
            catch (Exception e) when (e is not OperationCanceledException && !activation.IsLeaving)
            {
                shared.Log.LoopFailed("Reading a landed result", e);
            }
            catch (Exception e)
            {
                return new TryEnded(call, default, e, Began: false); // The next owner reads it.
            }

            await Task.Delay(RecoveryPause, shared.Runtime.Time, CancellationToken.None);
        }
    }

    /// <summary>Lets go of a body that ignores its token; its transaction must not commit behind a next try.</summary>
    private void GiveUp(TimeoutException reason)
    {
        if (_transaction is null)
        {
            Report(new TryEnded(call, default, reason));
        }
        else
        {
            _ = BarAsync(_transaction, reason);
        }
    }

    private async Task BarAsync(TransactionRun transaction, TimeoutException reason)
    {
        try
        {
            var landed = await transaction.BarAsync(reason);
            Report(new TryEnded(call, landed?.Output ?? default, landed is null ? reason : null));
        }
        catch (BrokenResultException e)
        {
            Report(new TryEnded(call, default, e));
        }
        catch (Exception) when (activation.IsLeaving)
        {
            Report(new TryEnded(call, default, reason)); // Not counted any more.
        }
        finally
        {
            transaction.LetGo();
        }
    }

    private ValueTask<Payload> InvokeAsync(IServiceProvider services)
    {
        var timeout = call.Timeout <= LongestTimeout ? call.Timeout : null;
        if (timeout is null && call.Withdrawn is null)
        {
            return InvokeAsync(services, clock: null, token);
        }

        return InvokeLinkedAsync(services, timeout);
    }

    private async ValueTask<Payload> InvokeLinkedAsync(IServiceProvider services, TimeSpan? timeout)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(
            token, call.Withdrawn?.Token ?? CancellationToken.None);
        if (timeout is not { } limit)
        {
            return await InvokeAsync(services, clock: null, linked.Token);
        }

        using var clock = new TryClock(activation, shared.Runtime.Time, limit, linked, GiveUp);
        _clock = clock;
        try
        {
            return await InvokeAsync(services, clock, linked.Token);
        }
        catch (Exception e) when (
            clock.HasRunOut && e is not (LandingRefusedException { IsFenced: true } or BrokenResultException))
        {
            throw new TimeoutException($"The step did not end within {limit}.", e);
        }
    }

    private ValueTask<Payload> InvokeAsync(IServiceProvider services, TryClock? clock, CancellationToken given)
    {
        if (_transaction is not null)
        {
            return _transaction.RunAsync(services, TryBegin, clock, given);
        }

        clock?.Start();
        return call.RunAsync(new BodyScope(services, Transaction: null), given);
    }
}
