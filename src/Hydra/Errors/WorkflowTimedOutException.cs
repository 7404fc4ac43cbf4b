namespace Hydra;

/// <summary>
/// Ends the outstanding calls of a workflow whose timeout has passed; escaping, it ends as timed out.
/// </summary>
public sealed class WorkflowTimedOutException : OperationCanceledException
{
    internal WorkflowTimedOutException(CancellationToken token) : base("The execution's timeout has passed.", token)
    {
    }
}
