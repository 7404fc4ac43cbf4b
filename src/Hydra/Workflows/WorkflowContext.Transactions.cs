using System.Data;
using System.Data.Common;
using Hydra.Engine;
using Hydra.Storage;

namespace Hydra;

/// <content>Steps in transactions.</content>
public sealed partial class WorkflowContext
{
    /// <summary>
    /// Runs a step in a transaction of the engine's own database: what its body writes there and the step's output
    /// are committed together, exactly once.
    /// </summary>
    /// <remarks>
    /// The result is written last, and only while this worker owns the execution. A commit whose answer is lost is
    /// looked into before anything else is tried. The body may begin again when nothing of it has been committed; what
    /// it does outside the transaction may happen more than once. It must not end the transaction itself.
    /// </remarks>
    /// <typeparam name="TInput">What the step is given.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="input">Its input, serialized when the call is made.</param>
    /// <param name="body">
    /// The work. It writes over the connection of the transaction that it is given; its token fires on timeout,
    /// cancellation, shutdown and loss of the lease, and the transaction is undone then.
    /// </param>
    /// <param name="options">How it is identified, isolated, timed and tried again.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed; nothing of it has been committed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="NotSupportedException">The engine's store is in no database with transactions.</exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task<TOutput> TransactionAsync<TInput, TOutput>(
        string name,
        TInput input,
        Func<DbTransaction, TInput, CancellationToken, Task<TOutput>> body,
        TransactionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Issue<StepTransaction, TInput, TOutput>(
            name,
            input,
            begin: null,
            (transaction, value, token) => body(transaction.Transaction, value, token),
            options,
            cancellationToken);
    }

    /// <summary>
    /// Runs a step without output in a transaction of the engine's own database: what its body writes there and that
    /// it is done are committed together, exactly once.
    /// </summary>
    /// <remarks>
    /// The result is written last, and only while this worker owns the execution. A commit whose answer is lost is
    /// looked into before anything else is tried. The body may begin again when nothing of it has been committed; what
    /// it does outside the transaction may happen more than once. It must not end the transaction itself.
    /// </remarks>
    /// <typeparam name="TInput">What the step is given.</typeparam>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="input">Its input, serialized when the call is made.</param>
    /// <param name="body">
    /// The work. It writes over the connection of the transaction that it is given; its token fires on timeout,
    /// cancellation, shutdown and loss of the lease, and the transaction is undone then.
    /// </param>
    /// <param name="options">How it is identified, isolated, timed and tried again.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed; nothing of it has been committed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="NotSupportedException">The engine's store is in no database with transactions.</exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task TransactionAsync<TInput>(
        string name,
        TInput input,
        Func<DbTransaction, TInput, CancellationToken, Task> body,
        TransactionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Issue<StepTransaction, TInput, Nothing>(
            name,
            input,
            begin: null,
            async (transaction, value, token) =>
            {
                await Begun(body(transaction.Transaction, value, token), name);
                return default;
            },
            options,
            cancellationToken);
    }

    /// <summary>
    /// Runs a step without input in a transaction of the engine's own database. Prefer the form with input: it can be
    /// audited.
    /// </summary>
    /// <remarks>
    /// The result is written last, and only while this worker owns the execution. A commit whose answer is lost is
    /// looked into before anything else is tried. The body may begin again when nothing of it has been committed; what
    /// it does outside the transaction may happen more than once. It must not end the transaction itself.
    /// </remarks>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="body">
    /// The work. It writes over the connection of the transaction that it is given; its token fires on timeout,
    /// cancellation, shutdown and loss of the lease, and the transaction is undone then.
    /// </param>
    /// <param name="options">How it is identified, isolated, timed and tried again.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed; nothing of it has been committed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="NotSupportedException">The engine's store is in no database with transactions.</exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task<TOutput> TransactionAsync<TOutput>(
        string name,
        Func<DbTransaction, CancellationToken, Task<TOutput>> body,
        TransactionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Issue<StepTransaction, Nothing, TOutput>(
            name,
            default,
            begin: null,
            (transaction, _, token) => body(transaction.Transaction, token),
            options,
            cancellationToken);
    }

    /// <summary>
    /// Runs a step without input and output in a transaction of the engine's own database. Prefer the form with input:
    /// it can be audited.
    /// </summary>
    /// <remarks>
    /// The result is written last, and only while this worker owns the execution. A commit whose answer is lost is
    /// looked into before anything else is tried. The body may begin again when nothing of it has been committed; what
    /// it does outside the transaction may happen more than once. It must not end the transaction itself.
    /// </remarks>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="body">
    /// The work. It writes over the connection of the transaction that it is given; its token fires on timeout,
    /// cancellation, shutdown and loss of the lease, and the transaction is undone then.
    /// </param>
    /// <param name="options">How it is identified, isolated, timed and tried again.</param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed; nothing of it has been committed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="NotSupportedException">The engine's store is in no database with transactions.</exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task TransactionAsync(
        string name,
        Func<DbTransaction, CancellationToken, Task> body,
        TransactionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Issue<StepTransaction, Nothing, Nothing>(
            name,
            default,
            begin: null,
            async (transaction, _, token) =>
            {
                await Begun(body(transaction.Transaction, token), name);
                return default;
            },
            options,
            cancellationToken);
    }

    /// <summary>
    /// Runs a step in a transaction that something else begins, such as an object-relational mapper. It must be in the
    /// engine's own database.
    /// </summary>
    /// <remarks>
    /// The result is written last, and only while this worker owns the execution. A commit whose answer is lost is
    /// looked into before anything else is tried. The body may begin again when nothing of it has been committed; what
    /// it does outside the transaction may happen more than once. It must not end the transaction itself.
    /// </remarks>
    /// <typeparam name="TTransaction">What the body writes in.</typeparam>
    /// <typeparam name="TInput">What the step is given.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="name">Its name, up to 200 characters without '#' and control characters.</param>
    /// <param name="input">Its input, serialized when the call is made.</param>
    /// <param name="begin">
    /// Begins a transaction, given services that live as long as the try. What it begins is disposed of after it.
    /// </param>
    /// <param name="body">
    /// The work. It writes over the connection of the transaction that it is given; its token fires on timeout,
    /// cancellation, shutdown and loss of the lease, and the transaction is undone then.
    /// </param>
    /// <param name="options">
    /// How it is identified, timed and tried again. Where it begins and how it is isolated is for
    /// <paramref name="begin"/> to say.
    /// </param>
    /// <param name="cancellationToken">A token of the workflow's own that withdraws the call.</param>
    /// <exception cref="StepFailedException">The last try failed; nothing of it has been committed.</exception>
    /// <exception cref="OperationCanceledException">
    /// The execution was cancelled, timed out, or the call was withdrawn.
    /// </exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="NotSupportedException">The engine's store is in no database with transactions.</exception>
    /// <exception cref="ArgumentException">
    /// The name or key is not allowed, the key was used before, or an option is out of range or not for this form.
    /// </exception>
    /// <exception cref="ArgumentNullException">The body or the begin is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was called outside the workflow's own code, or as many calls are outstanding as there may be.
    /// </exception>
    public Task<TOutput> TransactionAsync<TTransaction, TInput, TOutput>(
        string name,
        TInput input,
        Func<IServiceProvider, CancellationToken, ValueTask<TTransaction>> begin,
        Func<TTransaction, TInput, CancellationToken, Task<TOutput>> body,
        TransactionOptions? options = null,
        CancellationToken cancellationToken = default)
        where TTransaction : StepTransaction
    {
        ArgumentNullException.ThrowIfNull(begin);
        ArgumentNullException.ThrowIfNull(body);
        return options is null or { DataSource: null, Isolation: IsolationLevel.Unspecified }
            ? Issue(name, input, begin, body, options, cancellationToken)
            : throw new ArgumentException(
                "TransactionOptions.DataSource and Isolation say how a transaction begins, and so does the call.",
                nameof(options));
    }

    private Task<TOutput> Issue<TTransaction, TInput, TOutput>(
        string name,
        TInput input,
        Func<IServiceProvider, CancellationToken, ValueTask<TTransaction>>? begin,
        Func<TTransaction, TInput, CancellationToken, Task<TOutput>> body,
        TransactionOptions? options,
        CancellationToken cancellationToken)
        where TTransaction : StepTransaction
    {
        options ??= new TransactionOptions();
        var source = new TransactionSource(
            begin is null ? null : async (services, token) => await begin(services, token),
            options.DataSource,
            options.Isolation);
        return _issuer.IssueStep<TInput, TOutput>(
            name,
            input,
            (scope, value, token) => body((TTransaction)scope.Transaction!, value, token),
            scoped: begin is not null,
            new StepOptions { Key = options.Key, Retry = options.Retry, Timeout = options.Timeout },
            cancellationToken,
            source);
    }
}
