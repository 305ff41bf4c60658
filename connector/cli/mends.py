"""The exact steps by which a technician mends a Microsoft 365 tenant: least privilege, to be pasted."""

from __future__ import annotations

from urllib.parse import urlsplit

CERTIFICATE = (
    "run `connector keys certificate`, then in the Entra admin centre open App registrations, the app,"
    " Certificates & secrets, Certificates, Upload certificate, and choose the .cer it made"
)
CONSENT = (
    "Entra admin centre, App registrations, the app, API permissions, Add a permission, Microsoft Graph,"
    " Application permissions, Sites.Selected; then Grant admin consent"
)


def grant_site(site: str, client_id: str) -> str:
    """The grant of the app on the one site."""
    parts = urlsplit(site)
    return (
        "an administrator runs in PowerShell:\n"
        "           Connect-MgGraph -Scopes Sites.FullControl.All\n"
        f'           $site = Get-MgSite -SiteId "{parts.hostname}:{parts.path}"\n'
        '           New-MgSitePermission -SiteId $site.Id -BodyParameter @{ roles = @("write");'
        f' grantedToIdentities = @(@{{ application = @{{ id = "{client_id}"; displayName = "Connector" }} }}) }}'
    )


def scope_mailbox(mailbox: str, client_id: str) -> str:
    """Mail from the one mailbox and no other (RBAC for Applications; ms365.md 3.1)."""
    return (
        "remove Mail.Send from the app's API permissions in Entra if it is there, then an Exchange administrator:\n"
        "           Connect-ExchangeOnline\n"
        f'           New-ServicePrincipal -AppId "{client_id}" -ObjectId "<object id under ENTERPRISE applications>"'
        ' -DisplayName "Concern Connector"\n'
        '           New-ManagementScope -Name "Safeguarding alerts mailbox"'
        f" -RecipientRestrictionFilter \"PrimarySmtpAddress -eq '{mailbox}'\"\n"
        '           New-ManagementRoleAssignment -App "<the same object id>" -Role "Application Mail.Send"'
        ' -CustomResourceScope "Safeguarding alerts mailbox"\n'
        f'           Test-ServicePrincipalAuthorization -Identity "<the same object id>" -Resource {mailbox}\n'
        "         a change takes 30 minutes to 2 hours"
    )


def columns(missing: list[str], kinds: dict[str, str], site: str, library: str) -> str:
    """The columns that are not there, as PnP PowerShell."""
    kinds_there = {"text": "Text", "dateTime": "DateTime", "boolean": "Boolean", "number": "Number"}
    lines = [
        f'           Add-PnPField -List "{library}" -DisplayName "{name}" -InternalName "{name}"'
        f" -Type {kinds_there[kinds[name]]} -AddToDefaultView"
        for name in missing
    ]
    return "\n".join([f"records are filed without them. In PowerShell: Connect-PnPOnline {site} -Interactive", *lines])


SHARING = (
    "in SharePoint: Site settings, Site permissions, Change how members can share, 'Only site owners can share';"
    " SharePoint admin centre, Active sites, the site, Sharing, 'Only people in your organisation'"
)
WEBHOOK = (
    "in Teams: the chat or channel, Workflows, 'Send webhook alerts to a chat' (or channel); copy its address into the"
    " secret that `webhook` names"
)
ACTIVITY = (
    "in Teams admin centre install the app for each person of the ladder (Setup policies, Installed apps), and in Entra"
    " grant TeamsActivity.Send.User with admin consent"
)
FLOW = "send one test response through the form, or look at the flow in Power Automate: switched off, or failing?"
