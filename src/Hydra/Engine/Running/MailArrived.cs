using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>A beat found that something was delivered to the execution from outside.</summary>
internal sealed record MailArrived(long Mail, ExecutionRequests Requests);
