using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>Runs one try of a transactional step: its body, and the landing of its result as the last write.</summary>
/// <remarks>
/// Three things keep it exactly once. The landing is fenced by epoch and owner, so that whoever claims the execution
/// later either finds it or has made it impossible. When the answer to the commit is lost, nothing else is tried before
/// the bar is up, which waits for the transaction and then stands in the place of its result. And what has landed is
/// delivered instead of beginning the body again. A transaction that the database is known to have undone needs no bar.
/// </remarks>
internal sealed class TransactionRun(
    Activation activation, StepCall call, StepContext context, ActivationServices shared)
{
    /// <summary>How often a try begins anew because the database has undone it for the sake of another.</summary>
    public const int MostRepeats = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly EngineRuntime _runtime = shared.Runtime;
    private readonly EngineLog _log = shared.Log;
    private readonly TransactionPlan _plan = call.Transaction!;
    private readonly Instant _startedAt = call.StartedAt;
    private readonly int _executionAttempt = activation.ExecutionAttempt;

    private TransactionLine.Place? _place;

    /// <summary>Waits in line, and runs the try.</summary>
    /// <param name="services">For the body.</param>
    /// <param name="begin">
    /// Asked once there is a transaction, and before the body begins: whether it still may.
    /// </param>
    /// <param name="clock">The time of the try, which runs from the beginning of its transaction on.</param>
    /// <param name="token">Fires when the try is to end.</param>
    /// <returns>The output, which is committed together with what the body wrote.</returns>
    /// <exception cref="OperationCanceledException">It may not begin, or has been told to end.</exception>
    public async ValueTask<Payload> RunAsync(
        IServiceProvider services, Func<bool> begin, TryClock? clock, CancellationToken token)
    {
        using var place = await shared.Line.EnterAsync(token);
        _place = place;
        for (var repeats = 0; ; repeats++)
        {
            try
            {
                return await TryAsync(services, begin, clock, token);
            }
            catch (Exception e) when (
                repeats < MostRepeats && e is not (LandingRefusedException or BrokenResultException)
                && !token.IsCancellationRequested
                && _plan.Store.Judge(e) == TransactionFate.WorthRepeating)
            {
                _log.TransactionRepeated(context.ExecutionId, call.Key, e.GetType().Name);
            }

            await Task.Delay(PauseBefore(repeats, _runtime.NextChance()), _runtime.Time, token);
        }
    }

    /// <summary>How long a try waits before it begins anew.</summary>
    /// <param name="repeats">How often it has.</param>
    /// <param name="chance">From 0 to 1, so that two do not meet again.</param>
    public static TimeSpan PauseBefore(int repeats, double chance) => FirstPause * (1 << repeats) * (0.5 + chance);

    /// <summary>Lets go of a body that may never end: others must not wait in line behind it.</summary>
    public void LetGo() => _place?.Dispose();

    /// <summary>
    /// Makes sure that the try will never commit, because nobody waits for it any longer.
    /// </summary>
    /// <returns>What it has committed already; null when that is nothing.</returns>
    /// <exception cref="BrokenResultException">
    /// The store will never say. Giving the execution up is a bar as well: it waits for the transaction and fences it.
    /// </exception>
    public async Task<StepTry?> BarAsync(Exception reason)
    {
        var bar = NewTry() with { Failure = EngineJson.Write(Failures.From(reason)) };
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                return await _plan.Store.BarAsync(shared.Session, context.ExecutionId, bar, CancellationToken.None);
            }
            catch (StoreException e) when (e.Kind == StoreErrorKind.Deterministic)
            {
                throw new BrokenResultException(call.Key, e);
            }
            catch (Exception e) when (!activation.IsLeaving) // The next owner finds out by its claim.
            {
                _log.LoopFailed("Looking for what became of a transaction", e);
            }

            await Task.Delay(wait, _runtime.Time, CancellationToken.None);
        }
    }

    private async ValueTask<Payload> TryAsync(
        IServiceProvider services, Func<bool> begin, TryClock? clock, CancellationToken token)
    {
        var transaction = await BeginAsync(services, token);
        try
        {
            clock?.Start();
            await PrepareAsync(transaction, token);
            if (!begin())
            {
                throw new OperationCanceledException(token);
            }

            Payload output;
            using (_plan.Store.InterruptOn(transaction.Transaction, token))
            {
                output = await call.RunAsync(new BodyScope(services, transaction), token);
                await transaction.FlushAsync(token);
            }

            token.ThrowIfCancellationRequested();
            return await LandAsync(transaction, output);
        }
        finally
        {
            await DisposeAsync(transaction);
        }
    }

    /// <summary>
    /// Begins a transaction. Waiting for a lock of the whole file is like waiting in line: it takes none of the time.
    /// </summary>
    private async ValueTask<StepTransaction> BeginAsync(IServiceProvider services, CancellationToken token)
    {
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                return await _plan.Source.BeginAsync(services, _plan.Store, token);
            }
            catch (Exception e) when (
                _plan.Source.Begin is null && !token.IsCancellationRequested
                && _plan.Store.Judge(e) == TransactionFate.WorthRepeating)
            {
                _log.TransactionRepeated(context.ExecutionId, call.Key, e.GetType().Name);
            }

            await Task.Delay(wait, _runtime.Time, token);
        }
    }

    private async Task PrepareAsync(StepTransaction transaction, CancellationToken token)
    {
        try
        {
            await _plan.Store.PrepareAsync(transaction.Transaction, _plan.Limit, token);
        }
        catch (ArgumentException e) // Of another database: that does not change by trying again.
        {
            throw new NonRetryableException($"Step '{call.Key}' cannot be transactional there. {e.Message}", e);
        }
    }

    private async Task<Payload> LandAsync(StepTransaction transaction, Payload output)
    {
        LandingAnswer answer;
        try
        {
            answer = await _plan.Store.LandAsync(
                transaction.Transaction,
                shared.Session,
                context.ExecutionId,
                NewTry() with { Output = output, EndedAt = activation.Now },
                CancellationToken.None);
        }
        catch (ArgumentException e)
        {
            throw new NonRetryableException(
                $"The body of step '{call.Key}' has ended the transaction itself, so that its result is not in it. "
                + $"What it has committed stays. Leave the commit to the engine. {e.Message}",
                e);
        }
        catch (StoreException e) when (e.Kind == StoreErrorKind.Deterministic)
        {
            throw new NonRetryableException($"The result of step '{call.Key}' cannot be stored. {e.Message}", e);
        }
        catch (Exception e) when (_plan.Store.Judge(e) == TransactionFate.Unknown)
        {
            return await FindOutAsync(transaction, e);
        }

        return answer switch
        {
            LandingAnswer.Landed => await CommitAsync(transaction, output),
            LandingAnswer.Barred => await FindOutAsync(transaction, new LandingRefusedException(call.Key, answer)),
            _ => throw new LandingRefusedException(call.Key, answer),
        };
    }

    private async Task<Payload> CommitAsync(StepTransaction transaction, Payload output)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
            return output;
        }
        catch (Exception e) when (_plan.Source.Begin is not null || _plan.Store.Judge(e) == TransactionFate.Unknown)
        {
            // What others have begun may throw anything behind its commit, of other connections too.
            return await FindOutAsync(transaction, e);
        }
    }

    private async Task<Payload> FindOutAsync(StepTransaction transaction, Exception reason)
    {
        await DisposeAsync(transaction); // Whatever is not committed need not be waited for.
        return await BarAsync(reason) is { } landed ? landed.Output
            : throw new LandingRefusedException(call.Key, reason)
            {
                IsConflict = _plan.Store.Judge(reason) == TransactionFate.WorthRepeating,
            };
    }

    private StepTry NewTry() => new()
    {
        Key = call.Key,
        Attempt = context.Attempt,
        Epoch = context.Epoch,
        Phase = TryPhase.Landed,
        ExecutionAttempt = _executionAttempt,
        Input = call.Input,
        StartedAt = _startedAt,
        Worker = context.Worker,
        Subject = activation.Subject,
    };

    private async ValueTask DisposeAsync(StepTransaction transaction)
    {
        try
        {
            await transaction.DisposeAsync();
        }
        catch (Exception e) // It is over for its connection, whatever that says; what decides is above.
        {
            _log.DisposalFailed("the transaction of a step", e);
        }
    }
}
