namespace Hydra;

/// <summary>Where executions go before they are deleted.</summary>
/// <remarks>
/// One walk at a time uses it: appends some executions, flushes, and only then deletes them. Whatever it throws keeps
/// them where they are and ends the walk, but for a <see cref="PayloadException"/> of <see cref="AppendAsync"/>: that
/// execution alone is kept, and the walk goes on. It is flushed as well when a walk is broken off. A process that dies
/// between the two appends them again some time: an archive may have an execution twice, and never lacks one that was
/// deleted.
/// </remarks>
public interface IExecutionArchive
{
    /// <summary>Adds an execution. It need not be durable yet.</summary>
    /// <param name="execution">Everything that is recorded of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PayloadException">This execution cannot be archived; others can.</exception>
    Task AppendAsync(ExecutionDetails execution, CancellationToken cancellationToken);

    /// <summary>Makes durable what was appended: when it returns, nothing of that may be lost any more.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task FlushAsync(CancellationToken cancellationToken);
}
